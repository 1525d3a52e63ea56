import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { BUNDLES, objectsOf, renderBundle } from '../../kustomize/bundles.ts';
import { type ControlPlane, startControlPlane } from '../lab/control-plane/control-plane.ts';
import { definitionFiles, rolloutsInstall } from './shipped/custom-resources.ts';
import { itemsOf, ROOT, readShipped, type ShippedObject } from './shipped/files.ts';
import { egressGaps, sidecarGaps } from './shipped/network-policies.ts';
import {
  BROAD,
  broadBindings,
  filledSecrets,
  floatingImages,
  podTemplateOf,
  secretsIn,
  wildcards,
  withoutResources,
} from './shipped/policy.ts';

const RESTRICTED = 'restricted';
const say = (line: string): void => void process.stdout.write(`    ${line}\n`);

describe('what is shipped, on a real API server', () => {
  const { files, kustomizations, components, parts, others } = readShipped();
  let plane: ControlPlane;
  let folder: string;
  /** Objects by the file or the kustomization that they come from. */
  const shipped = new Map<string, readonly ShippedObject[]>();

  before(async function () {
    this.timeout(1_800_000);
    plane = await startControlPlane(say);
    folder = await mkdtemp(join(tmpdir(), 'shipped-'));
    const definitions = (await definitionFiles(say)).flatMap((file) => ['-f', file]);
    await plane.kubectl(['create', 'namespace', 'argo-rollouts']);
    const install = await rolloutsInstall(say);
    await plane.kubectl(['apply', '--server-side', '-n', 'argo-rollouts', '-f', install]);
    await plane.kubectl(['apply', '--server-side', ...definitions]);
    await untilEstablished();
    for (const path of kustomizations) shipped.set(path, await render(join(ROOT, path)));
    for (const { path, objects } of files) shipped.set(path, objects);
    await makeNamespaces();
  });

  after(async () => {
    await plane?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** kubectl cannot wait for a definition that has no status at all yet. */
  async function untilEstablished(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const waited = plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
      const error = await waited.then(
        () => undefined,
        (cause: Error) => cause,
      );
      if (error === undefined) return;
      if (tries === 50 || !error.message.includes('accessor error')) throw error;
    }
  }

  async function render(path: string): Promise<ShippedObject[]> {
    return objectsOf<ShippedObject & { metadata: { name: string } }>(
      await plane.kubectl(['kustomize', path]),
    ).flatMap(itemsOf);
  }

  /** Those that are named; a dry run creates none. */
  async function makeNamespaces(): Promise<void> {
    const named = [...shipped.values()]
      .flat()
      .flatMap(({ kind, metadata }) => [
        ...(metadata.namespace === undefined ? [] : [metadata.namespace]),
        ...(kind === 'Namespace' ? [metadata.name ?? ''] : []),
      ]);
    const items = [...new Set(named)]
      .filter((name) => !['default', 'argo-rollouts', 'kube-system'].includes(name))
      .map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    items.push({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: RESTRICTED, labels } as never });
    await plane.kubectl(
      ['apply', '--server-side', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    );
  }

  /** What the API server would make of objects, each once. */
  async function dryRun(objects: readonly ShippedObject[]): Promise<ShippedObject[]> {
    if (objects.length === 0) return [];
    // Not as a List: kubectl checks one by itself, and refuses a part of an object.
    const documents = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    const flags = [
      '--server-side',
      '--dry-run=server',
      '--field-manager=canary-analysis',
      '--validate=strict',
    ];
    const answer = JSON.parse(await plane.kubectl(['apply', ...flags, '-o', 'json', '-f', '-'], documents));
    return itemsOf(answer);
  }

  it('is told apart by what a cluster can take', () => {
    expect(files.length, 'files').to.be.greaterThan(10);
    expect(kustomizations).to.include.members(['kustomize/base', 'kustomize/overlays/cluster']);
    expect(components.length).to.be.at.least(4);
    say(`${files.length} files, ${kustomizations.length} kustomizations, ${components.length} components`);
    say(`${parts.length} parts of kustomizations, seen where they are rendered`);
    say(`no objects: ${others.join(', ')}`);
  });

  it('is accepted, every file and every overlay as it is rendered', async function () {
    this.timeout(600_000);
    const refused: string[] = [];
    for (const [path, objects] of shipped) {
      await dryRun(objects).then(
        (taken) => {
          if (taken.length !== objects.length)
            refused.push(`${path}: ${taken.length} of ${objects.length} taken`);
        },
        (error: Error & { stderr?: string }) => refused.push(`${path}: ${error.stderr ?? error.message}`),
      );
    }
    expect(refused.join('\n')).to.equal('');
  });

  it('has components that join the base, and are accepted with it', async () => {
    for (const name of ['prometheus', 'notifications', 'chaos']) {
      const path = await mkdtemp(join(folder, 'joined-'));
      const to = (target: string): string => JSON.stringify(relative(path, join(ROOT, target)));
      const text = `resources: [${to('kustomize/base')}]\ncomponents: [${to(`kustomize/components/${name}`)}]\n`;
      await writeFile(join(path, 'kustomization.yaml'), text);
      const objects = await render(path);
      expect(await dryRun(objects)).to.have.lengthOf(objects.length);
      shipped.set(`kustomize/components/${name}`, objects);
    }
  });

  it('refuses what it should: an unknown field, an unknown kind, a name that may not be', async () => {
    const wrong = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'RolloutManager',
      metadata: { name: 'a' },
      spec: { plugin: {} },
    };
    const unknown = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rolout', metadata: { name: 'a' } };
    const cni = {
      apiVersion: 'sailoperator.io/v1',
      kind: 'IstioCNI',
      metadata: { name: 'other' },
      spec: { namespace: 'istio-cni' },
    };
    const subscription = {
      apiVersion: 'operators.coreos.com/v1alpha1',
      kind: 'Subscription',
      metadata: { name: 'a' },
      spec: { name: 'a', source: 'b', sourceNamespace: 'c', chanel: 'stable' },
    };
    for (const object of [wrong, unknown, cni, subscription]) {
      const error = await dryRun([object]).then(
        () => undefined,
        (cause: Error) => cause,
      );
      expect(error, JSON.stringify(object)).to.be.instanceOf(Error);
    }
  });

  it('has bundles in manifests/ that are not stale', async () => {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    for (const name of Object.keys(BUNDLES)) {
      const rendered = await renderBundle(plane.kubectl, ROOT, name);
      expect(
        texts.get(`manifests/${name}.yaml`) === rendered,
        `manifests/${name}.yaml: run make manifests`,
      ).to.equal(true);
    }
    const bundles = [...texts.keys()].filter((path) => path.startsWith('manifests/'));
    expect(bundles).to.have.members(Object.keys(BUNDLES).map((name) => `manifests/${name}.yaml`));
  });

  describe('keeps a policy:', () => {
    function complaints(rule: (object: ShippedObject) => string[]): string[] {
      return [...shipped].flatMap(([path, objects]) =>
        objects.flatMap((object) =>
          rule(object).map((complaint) => `${path}: ${object.kind} ${object.metadata.name}: ${complaint}`),
        ),
      );
    }

    it('no right with a wildcard', () => {
      expect(complaints(wildcards)).to.deep.equal([]);
    });

    it('no binding of a role that may do nearly anything, but for those with a reason', () => {
      const bound = [...shipped.values()]
        .flat()
        .filter((object) => broadBindings(object).length > 0)
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect([...new Set(bound)]).to.have.members(Object.keys(BROAD));
    });

    it('every pod may ask DNS and go out by either family, and every sidecar reaches istiod', () => {
      expect(complaints(egressGaps)).to.deep.equal([]);
      expect(
        [...shipped].flatMap(([path, objects]) => sidecarGaps(objects).map((gap) => `${path}: ${gap}`)),
      ).to.deep.equal([]);
    });

    it('every container says what it needs', () => {
      expect(complaints(withoutResources)).to.deep.equal([]);
    });

    it('no image that changes by itself', () => {
      expect(complaints(floatingImages)).to.deep.equal([]);
    });

    it('every Secret that is referred to has a template, and no Secret has content', () => {
      const templates = new Set(
        files
          .filter(({ path }) => /(\.example\.yaml|\.template)$/.test(path))
          .flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'Secret'))
          .map(({ metadata }) => metadata.name ?? ''),
      );
      expect(complaints((object) => secretsIn(object).filter((name) => !templates.has(name)))).to.deep.equal(
        [],
      );
      expect(complaints(filledSecrets)).to.deep.equal([]);
      const bundles = [...shipped].filter(
        ([path]) => /^(manifests|kustomize\/(base|overlays))/.test(path) && !path.endsWith('.example.yaml'),
      );
      expect(bundles.flatMap(([, objects]) => objects).filter(({ kind }) => kind === 'Secret')).to.deep.equal(
        [],
      );
    });

    it('a namespace with pod security `restricted` admits every pod', async function () {
      this.timeout(300_000);
      const refused: string[] = [];
      let pods = 0;
      for (const [path, objects] of shipped) {
        // Merged with what is there, for a part of a pod is no pod.
        const workloads = objects.filter((object) => podTemplateOf(object) !== undefined);
        for (const workload of await dryRun(workloads)) {
          const template = podTemplateOf(workload);
          if (template === undefined) continue;
          const { serviceAccountName: _, ...spec } = template.spec as PodSpec;
          const pod = {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'trial', namespace: RESTRICTED },
            spec,
          };
          await plane.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod)).then(
            () => {
              pods += 1;
            },
            (error: Error & { stderr?: string }) =>
              refused.push(
                `${path}: ${workload.kind} ${workload.metadata.name}: ${error.stderr ?? error.message}`,
              ),
          );
        }
      }
      expect(refused.join('\n')).to.equal('');
      expect(pods).to.be.greaterThan(4);
    });
  });
});

interface PodSpec {
  readonly containers: never;
  readonly serviceAccountName?: string;
}
