import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import { ResourceClient } from '../../crds/client/resource-client.ts';
import { parseConfig } from '../../operator/config/load-config.ts';
import { loadKubeConfig } from '../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../operator/kernel/kube-transport.ts';
import { LeaderElector } from '../../operator/kernel/leader-election.ts';
import { LEASES, type LeaseObject } from '../../operator/kernel/leader-election-lease.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type ControlPlane, startControlPlane } from '../lab/control-plane/control-plane.ts';
import { captureLog } from '../support/log-capture.ts';
import { failureOf } from '../support/promises.ts';
import { documentedGrants, type Grant, grantsOf, grantText, type RoleObject } from './permissions.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BASE = join(ROOT, 'kustomize', 'base');
const PLUGIN = join(ROOT, 'kustomize', 'components', 'argo-rollouts-plugin');
const ROLLOUTS = join(ROOT, 'test', 'fixtures', 'argo-rollouts');
const NAMESPACE = 'canary-analysis';
const OPERATOR = 'system:serviceaccount:canary-analysis:canary-analysis-operator';
const ARGO = 'system:serviceaccount:argo-rollouts:argo-rollouts';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Manifest extends KubernetesObject {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly subjects?: readonly { readonly name: string; readonly namespace?: string }[];
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly metadata: object;
      readonly spec: {
        readonly initContainers?: readonly Container[];
        readonly containers: readonly Container[];
      };
    };
  };
}

describe('kustomize on a real API server', () => {
  let plane: ControlPlane;
  let admin: KubeTransport;
  let folder: string;
  let base: readonly Manifest[];

  before(async function () {
    this.timeout(1_800_000);
    plane = await startControlPlane((line) => process.stdout.write(`    ${line}\n`));
    admin = transportFor(plane.adminToken);
    folder = await mkdtemp(join(tmpdir(), 'kustomize-'));
    base = await render(BASE);
  });

  after(async () => {
    admin?.close();
    await plane?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  function transportFor(token: string): KubeTransport {
    return createKubeTransport(loadKubeConfig({ server: plane.url, token, caFile: plane.caFile }, {}));
  }

  async function render(path: string): Promise<Manifest[]> {
    return parseAllDocuments(await plane.kubectl(['kustomize', path])).map(
      (document) => document.toJS() as Manifest,
    );
  }

  /** Renders a user's own kustomization over ours. */
  async function renderUser(
    name: string,
    content: (to: (path: string) => string) => string,
  ): Promise<Manifest[]> {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    await writeFile(
      join(path, 'kustomization.yaml'),
      content((target) => relative(path, target)),
    );
    return await render(path);
  }

  function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
    const found = manifests.find((object) => object.kind === kind && object.metadata.name.startsWith(name));
    if (found === undefined) throw new Error(`no ${kind} ${name} was rendered`);
    return found;
  }

  function roles(): RoleObject[] {
    return base.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole') as unknown as RoleObject[];
  }

  async function mayUser(user: string, grant: Omit<Grant, 'role'>, namespace: string): Promise<boolean> {
    const [resource, subresource] = grant.resource.split('/');
    const { group, verb, name } = grant;
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user,
        groups: ['system:serviceaccounts', 'system:authenticated'],
        resourceAttributes: { namespace, group, resource, subresource, verb, name },
      },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const response = await admin.request({ method: 'POST', path, body });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    expect(response.status).to.equal(201);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')).status.allowed;
  }

  function podOf(deployment: Manifest): string {
    const template = deployment.spec?.template;
    const { namespace } = deployment.metadata;
    const metadata = { ...template?.metadata, name: 'trial', namespace };
    return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template?.spec });
  }

  describe('the base', () => {
    const apply = () => ['apply', '--server-side', '--kustomize', BASE];

    it('applies, and changes nothing when it is applied again', async () => {
      const first = await plane.kubectl(apply());
      expect(first.trim().split('\n')).to.have.lengthOf(base.length);
      await plane.kubectl([
        'wait',
        '--for=condition=Established',
        'crd/canaryanalyses.metric-ai.argoproj-labs.io',
      ]);
      const before = await writes();
      await plane.kubectl(apply());
      expect(await writes()).to.deep.equal(before);
    });

    /** When the applied fields of each object were last written. */
    async function writes(): Promise<Record<string, string>> {
      const args = ['get', '--kustomize', BASE, '--show-managed-fields', '--output=json'];
      const { items } = JSON.parse(await plane.kubectl(args)) as {
        items: (Manifest & {
          metadata: { managedFields: { manager: string; operation: string; time: string }[] };
        })[];
      };
      return Object.fromEntries(
        items.map(({ kind, metadata }) => {
          const { generation, resourceVersion, managedFields } = metadata;
          const mine = managedFields.find(
            ({ manager, operation }) => manager === 'kubectl' && operation === 'Apply',
          );
          if (mine === undefined) throw new Error(`${kind} ${metadata.name} was not applied`);
          // Controllers write the status of these; their generation tells of the spec.
          return [`${kind}/${metadata.name}`, `${mine.time} ${generation ?? resourceVersion}`];
        }),
      );
    }

    it('runs two replicas whose pods the namespace, restricted, admits', async () => {
      const deployment = find(base, 'Deployment', 'canary-analysis-operator');
      expect(deployment.spec?.replicas).to.equal(2);
      const created = await plane.kubectl(['create', '--dry-run=server', '-f', '-'], podOf(deployment));
      expect(created).to.contain('pod/trial created');
      const rootful = podOf(deployment).replace('"runAsNonRoot":true', '"runAsNonRoot":false');
      const refused = await failureOf(plane.kubectl(['create', '--dry-run=server', '-f', '-'], rootful));
      expect(refused.message).to.contain('violates PodSecurity "restricted');
    });

    it("pins the operator's image to the version of this project", () => {
      const images = containersOf(find(base, 'Deployment', 'canary-analysis-operator')).map(
        ({ image }) => image,
      );
      expect(images).to.deep.equal([`canary-analysis-operator:${packageJson.version}`]);
    });

    it('mounts a configuration that the operator takes', () => {
      const { data } = find(base, 'ConfigMap', 'canary-analysis-config');
      const config = parseConfig(data?.['config.yaml'] ?? '', 'config.yaml');
      expect(config.health?.port).to.equal(8081);
    });

    it('holds no Secret, and starts without one', async () => {
      expect(base.filter(({ kind }) => kind === 'Secret')).to.deep.equal([]);
      const example = parseYaml(await readFile(join(BASE, 'credentials.example.yaml'), 'utf8'));
      const operator = containersOf(find(base, 'Deployment', 'canary-analysis-operator'))[0];
      expect(operator)
        .to.have.property('envFrom')
        .that.deep.equals([{ secretRef: { name: example.metadata.name, optional: true } }]);
    });

    it('moves to another namespace as a whole', async () => {
      const moved = await renderUser('moved', (to) => `namespace: elsewhere\nresources: ["${to(BASE)}"]\n`);
      expect(find(moved, 'Namespace', '').metadata.name).to.equal('elsewhere');
      const subjects = moved.flatMap((object) => object.subjects ?? []);
      expect(subjects.map(({ namespace }) => namespace)).to.deep.equal(['elsewhere', 'elsewhere']);
    });
  });

  describe('permissions', () => {
    before(async () => {
      await plane.kubectl(['apply', '--server-side', '--kustomize', BASE]);
      await renderUser(
        'with-plugin',
        (to) => `resources: ["${to(ROLLOUTS)}"]\ncomponents: ["${to(PLUGIN)}"]\n`,
      );
      await plane.kubectl(['apply', '--server-side', '--kustomize', join(folder, 'with-plugin')]);
    });

    const page = async () => documentedGrants(await readFile(join(ROOT, 'docs', 'permissions.md'), 'utf8'));

    it('are documented one by one: no rule without a line, no line without a rule', async () => {
      const documented = (await page()).flatMap(({ grants }) => grants).map(grantText);
      const rendered = roles().flatMap(grantsOf).map(grantText);
      expect(documented.sort()).to.deep.equal(rendered.sort());
      expect(new Set(documented).size, 'no right stands twice').to.equal(documented.length);
    });

    it('name files that exist as what uses them', async () => {
      for (const { usedBy, purpose, grants } of await page()) {
        const line = grants.map(grantText).join('; ');
        expect(purpose, line).not.to.equal('');
        for (const user of usedBy) {
          if (user !== 'people')
            expect(existsSync(join(ROOT, 'docs', user)), `${user} of ${line}`).to.equal(true);
        }
      }
    });

    it('are enough: the API server grants each documented right', async () => {
      const refused: string[] = [];
      for (const { grants } of await page()) {
        for (const grant of grants.filter(({ role }) => !role.endsWith('-view'))) {
          const [user, namespace] = grant.role.endsWith('-plugin')
            ? [ARGO, 'shop']
            : [OPERATOR, grant.role.startsWith('Role ') ? NAMESPACE : 'shop'];
          if (!(await mayUser(user, grant, namespace))) refused.push(grantText(grant));
        }
      }
      expect(refused).to.deep.equal([]);
    });

    type Refusal = readonly [user: string, verb: string, group: string, resource: string, namespace?: string];
    const WRITES = ['create', 'update', 'patch', 'delete'] as const;
    const REFUSED: readonly Refusal[] = [
      ...['get', 'list', 'watch'].flatMap((verb): Refusal[] => [
        [OPERATOR, verb, '', 'secrets'],
        [OPERATOR, verb, '', 'secrets', NAMESPACE],
        [ARGO, verb, '', 'secrets'],
        [ARGO, verb, '', 'secrets', 'argo-rollouts'],
      ]),
      ...WRITES.flatMap((verb): Refusal[] => [
        [OPERATOR, verb, 'argoproj.io', 'rollouts'],
        [OPERATOR, verb, 'argoproj.io', 'rollouts/status'],
        [OPERATOR, verb, 'argoproj.io', 'analysisruns'],
        [OPERATOR, verb, '', 'pods'],
        [OPERATOR, verb, 'apps', 'replicasets'],
        [OPERATOR, verb, 'apps', 'deployments'],
        [OPERATOR, verb, 'rbac.authorization.k8s.io', 'roles'],
        [ARGO, verb, '', 'configmaps'],
        [ARGO, verb, 'metric-ai.argoproj-labs.io', 'canaryanalyses/status'],
      ]),
      [OPERATOR, 'create', '', 'pods/exec'],
      [OPERATOR, 'get', '', 'pods/exec'],
      [OPERATOR, 'create', '', 'pods/portforward'],
      [OPERATOR, 'patch', '', 'pods/ephemeralcontainers'],
      [OPERATOR, 'create', '', 'serviceaccounts/token', NAMESPACE],
      [OPERATOR, 'get', '', 'nodes/proxy'],
      [OPERATOR, 'impersonate', '', 'users'],
      [OPERATOR, 'create', 'metric-ai.argoproj-labs.io', 'canaryanalyses'],
      [OPERATOR, 'list', '', 'configmaps'],
      [OPERATOR, 'create', 'coordination.k8s.io', 'leases', 'kube-system'],
      [OPERATOR, 'patch', 'coordination.k8s.io', 'leases', NAMESPACE],
      [ARGO, 'delete', 'metric-ai.argoproj-labs.io', 'canaryanalyses'],
      [ARGO, 'get', '', 'pods/log'],
    ];

    it('are not more than that: what matters most is refused', async () => {
      const granted: string[] = [];
      for (const [user, verb, group, resource, namespace = 'shop'] of REFUSED) {
        if (await mayUser(user, { group, resource, verb }, namespace))
          granted.push(`${user} ${verb} ${resource}`);
      }
      expect(granted).to.deep.equal([]);
    });

    it("let people see analyses: the cluster's own roles take the view in", async () => {
      const { labels } = find(base, 'ClusterRole', 'canary-analysis-view').metadata;
      for (const name of ['view', 'edit', 'admin']) {
        const role = JSON.parse(await plane.kubectl(['get', 'clusterrole', name, '--output=json'])) as {
          aggregationRule: { clusterRoleSelectors: { matchLabels: Record<string, string> }[] };
        };
        const [selector] = role.aggregationRule.clusterRoleSelectors;
        expect(labels).to.include(selector?.matchLabels);
      }
    });

    it('let the operator be elected, renew and give the lease back', async () => {
      const args = ['create', 'token', 'canary-analysis-operator', '--namespace', NAMESPACE];
      const transport = transportFor((await plane.kubectl(args)).trim());
      const log = captureLog();
      const elect = (
        identity: string,
        work: (signal: AbortSignal) => Promise<void>,
        stop = new AbortController(),
      ) =>
        new LeaderElector({
          client: new ResourceClient<LeaseObject>(transport, LEASES),
          lease: { namespace: NAMESPACE, name: 'canary-analysis-operator' },
          identity,
          logger: log.logger,
          leaseDurationMs: 3000,
          renewDeadlineMs: 2000,
          retryPeriodMs: 50,
        }).run(stop.signal, work);
      const spec = async () => {
        const lease = ['get', 'lease', 'canary-analysis-operator', '--namespace', NAMESPACE, '--output=json'];
        return (JSON.parse(await plane.kubectl(lease)) as LeaseObject).spec ?? {};
      };
      try {
        const first = await elect('one', async () => {
          const { renewTime } = await spec();
          while ((await spec()).renewTime === renewTime);
        });
        expect(first).to.equal('released');
        expect(await spec()).to.include({ holderIdentity: '', leaseTransitions: 0 });
        const second = await elect('two', async () => {
          expect(await spec()).to.include({ holderIdentity: 'two', leaseTransitions: 1 });
        });
        expect(second).to.equal('released');
        expect(log.lines.filter(({ level }) => level === 'warn' || level === 'error')).to.deep.equal([]);
      } finally {
        transport.close();
      }
    });
  });

  describe('the component argo-rollouts-plugin', () => {
    const over =
      (more = '', component = PLUGIN) =>
      (to: (path: string) => string) =>
        `resources: ["${to(ROLLOUTS)}"]\ncomponents: ["${to(component)}"]\n${more}`;
    const patchOf = (data: Readonly<Record<string, string>>) => {
      const configMap = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'argo-rollouts-config' },
        data,
      };
      return JSON.stringify(configMap);
    };
    /** A kustomization of an installation that has settings of its own, as a resource for another one. */
    async function installationWith(data: Readonly<Record<string, string>>): Promise<string> {
      const path = await mkdtemp(join(folder, 'installed-'));
      const patches = JSON.stringify([{ patch: patchOf(data) }]);
      const resources = JSON.stringify([relative(path, ROLLOUTS)]);
      await writeFile(join(path, 'kustomization.yaml'), `resources: ${resources}\npatches: ${patches}\n`);
      return path;
    }

    it("adds the plugin's files and its entry to an installation, and changes nothing else", async () => {
      const plain = await render(ROLLOUTS);
      const patched = await renderUser('patched', over());
      const added = patched.filter(({ kind }) => kind === 'ClusterRoleBinding');
      expect(added).to.have.lengthOf(1);
      expect(added[0]?.subjects).to.deep.equal([
        { kind: 'ServiceAccount', name: 'argo-rollouts', namespace: 'argo-rollouts' },
      ]);
      const others = (manifests: readonly Manifest[]) =>
        manifests.filter(({ kind }) => !['Deployment', 'ConfigMap', 'ClusterRoleBinding'].includes(kind));
      expect(others(patched)).to.deep.equal(others(plain));

      const [init, controller] = containersOf(find(patched, 'Deployment', 'argo-rollouts'));
      expect(init?.image).to.equal(`canary-analysis-plugin:${packageJson.version}`);
      expect(controller?.volumeMounts?.map(({ mountPath }) => mountPath).sort()).to.deep.equal([
        '/home/argo-rollouts/plugin-bin',
        '/metric-ai',
        '/tmp',
      ]);
    });

    it('registers the loader with the arguments that start the plugin', async () => {
      const { data } = find(await renderUser('entry', over()), 'ConfigMap', 'argo-rollouts-config');
      const [entry, ...more] = parseYaml(data?.['metricProviderPlugins'] ?? '') as Record<string, unknown>[];
      expect(more).to.deep.equal([]);
      expect(entry).to.deep.equal({
        name: 'argoproj-labs/metric-ai',
        location: 'file:///metric-ai/lib/ld.so',
        args: [
          '--library-path',
          '/metric-ai/lib',
          '/metric-ai/node',
          '--max-old-space-size=96',
          '--max-semi-space-size=2',
          '--optimize-for-size',
          '/metric-ai/plugin.mjs',
        ],
      });
    });

    it('makes a pod that a restricted namespace admits', async () => {
      const patched = await renderUser('with-plugin', over());
      await plane.kubectl(['apply', '--server-side', '--kustomize', join(folder, 'with-plugin')]);
      const pod = podOf(find(patched, 'Deployment', 'argo-rollouts'));
      const created = await plane.kubectl(['create', '--dry-run=server', '-f', '-'], pod);
      expect(created).to.contain('pod/trial created');
    });

    it('copies the folder with modes that let another user start it', async () => {
      const patched = await renderUser('copy', over());
      const [init] = containersOf(find(patched, 'Deployment', 'argo-rollouts'));
      const command = init?.command ?? [];
      const flag = command.indexOf('-e');
      expect(command.slice(0, flag)).to.deep.equal([
        '/metric-ai/lib/ld.so',
        '--library-path',
        '/metric-ai/lib',
        '/metric-ai/node',
      ]);
      const from = join(folder, 'image');
      const to = join(folder, 'volume');
      await mkdir(join(from, 'lib'), { recursive: true });
      await mkdir(to);
      await writeFile(join(from, 'lib', 'ld.so'), 'loader', { mode: 0o755 });
      await writeFile(join(from, 'plugin.mjs'), 'plugin', { mode: 0o644 });
      const script = (command[flag + 1] ?? '').replace('/metric-ai', from).replace('/target', to);
      await promisify(execFile)(process.execPath, ['-e', script]);
      const mode = async (path: string) => (await stat(join(to, path))).mode & 0o777;
      expect(await mode('lib/ld.so')).to.equal(0o755);
      expect(await mode('plugin.mjs')).to.equal(0o644);
      expect(await readFile(join(to, 'plugin.mjs'), 'utf8')).to.equal('plugin');
    });

    it('keeps the other settings of argo-rollouts-config', async () => {
      const installed = await installationWith({ stepPlugins: '[]' });
      const patched = await renderUser(
        'others',
        (to) => `resources: ["${to(installed)}"]\ncomponents: ["${to(PLUGIN)}"]\n`,
      );
      const { data } = find(patched, 'ConfigMap', 'argo-rollouts-config');
      expect(data).to.have.all.keys('metricProviderPlugins', 'stepPlugins');
    });

    it('refuses to replace a list of plugins that is there already', async () => {
      const installed = await installationWith({ metricProviderPlugins: '- name: acme/other' });
      const refused = await failureOf(
        renderUser('listed', (to) => `resources: ["${to(installed)}"]\ncomponents: ["${to(PLUGIN)}"]\n`),
      );
      expect(refused.message).to.contain('testing value /data/metricProviderPlugins failed');
    });

    it('goes beside such a list without its entry', async () => {
      const list = '- name: acme/other\n- name: argoproj-labs/metric-ai';
      const installed = await installationWith({ metricProviderPlugins: list });
      const patched = await renderUser(
        'beside',
        (to) => `resources: ["${to(installed)}"]\ncomponents: ["${to(join(PLUGIN, 'controller'))}"]\n`,
      );
      expect(find(patched, 'ConfigMap', 'argo-rollouts-config').data).to.deep.equal({
        metricProviderPlugins: list,
      });
      expect(containersOf(find(patched, 'Deployment', 'argo-rollouts'))[0]?.name).to.equal('metric-ai');
    });
  });
});

/** Init containers first. */
function containersOf({ spec }: Manifest): readonly Container[] {
  const pod = spec?.template?.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}
