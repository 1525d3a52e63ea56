import { join } from 'node:path';
import { expect } from 'chai';
import { BUNDLES, FIELD_MANAGER, isJoined, objectsOf } from '../../../kustomize/bundles.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { type ControlPlane, startControlPlane } from '../../lab/control-plane/control-plane.ts';
import { ROLLOUTS_RELEASES } from '../../lab/control-plane/programs.ts';
import { commandsRunBy } from '../../support/shell-commands.ts';
import { runCommand } from '../installed/shell.ts';
import { rolloutsInstall } from '../shipped/custom-resources.ts';
import { ROOT } from './kustomizing.ts';

/** What the lists of commands call this file. */
const SELF = 'test/real/kustomize/install.test.ts';
const REGISTRY = 'registry.example.com/team/';
const DEFINITION = 'customresourcedefinition/canaryanalyses.metric-ai.argoproj-labs.io';
const say = (line: string): void => void process.stdout.write(`    ${line}\n`);

interface Applied {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly generation?: number;
    readonly managedFields: readonly { readonly manager: string; readonly time: string }[];
  };
}

describe('make install and make uninstall on a real API server', () => {
  let plane: ControlPlane;

  before(async function () {
    this.timeout(1_800_000);
    plane = await startControlPlane(say);
    for (const name of ['argo-rollouts', 'openshift-gitops', 'shop', 'payments'])
      await plane.kubectl(['create', 'namespace', name]);
    const install = await rolloutsInstall(say);
    await plane.kubectl(['apply', '--server-side', '-n', 'argo-rollouts', '-f', install]);
    const managers = join(ROOT, 'test/fixtures/crds/rollout-manager.yaml');
    await plane.kubectl(['apply', '--server-side', '-f', managers]);
  });
  after(() => plane?.stop());

  const json = async (...args: string[]) => JSON.parse(await plane.kubectl(['get', ...args, '-o', 'json']));
  const imagesOf = async (deployment: string, namespace: string): Promise<string[]> => {
    const { spec } = await json('deployment', deployment, '-n', namespace);
    const { initContainers = [], containers } = spec.template.spec;
    return [...initContainers, ...containers].map(({ image }: { image: string }) => image);
  };
  /** Of a bundle, what is there; all of it by name. */
  async function left(bundle: string): Promise<string[]> {
    const printed = await plane.kubectl([
      'get',
      '-f',
      bundleFile(bundle),
      '--ignore-not-found',
      '-o',
      'name',
    ]);
    return printed.trim().split('\n').filter(Boolean);
  }
  const bundleFile = (bundle: string): string => join(ROOT, 'manifests', `${bundle}.yaml`);

  /** When each object of the bundle was last written under our field manager. */
  async function writes(bundle: string): Promise<Record<string, string>> {
    const { items } = (await json('--show-managed-fields', '-f', bundleFile(bundle))) as { items: Applied[] };
    return Object.fromEntries(
      items.map(({ kind, metadata: { name, generation, managedFields } }) => {
        const mine = managedFields.find(({ manager }) => manager === FIELD_MANAGER);
        return [`${kind}/${name}`, `${mine?.time} ${generation}`];
      }),
    );
  }

  /** An analysis with its verdict, as the operator leaves one behind. */
  async function record(): Promise<void> {
    const analysis = {
      apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
      kind: 'CanaryAnalysis',
      metadata: { name: 'decided', namespace: 'payments' },
      spec: {},
    };
    await plane.kubectl(['wait', '--for=condition=Established', DEFINITION]);
    await plane.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(analysis));
    const status = JSON.stringify({ status: { verdict: 'Abort', reason: 'Regression' } });
    const patch = ['patch', 'canaryanalysis', 'decided', '-n', 'payments', '--subresource=status'];
    await plane.kubectl([...patch, '--type=merge', '-p', status]);
  }
  const verdict = () =>
    plane.kubectl(['get', 'canaryanalyses', '-n', 'payments', '-o', 'jsonpath={.items[*].status.verdict}']);

  const [everything = 'false', oneNamespace = 'false', remove = 'false'] = commandsRunBy(SELF);

  it('install from a registry by the command of the guide, and change nothing the second time', async function () {
    this.timeout(120_000);
    expect(everything).to.equal(`make install REGISTRY=${REGISTRY}`);
    await runCommand(plane, everything);
    const version = packageJson.version;
    expect(await imagesOf('canary-analysis-operator', 'canary-analysis')).to.deep.equal([
      `${REGISTRY}canary-analysis-operator:${version}`,
    ]);
    expect(await imagesOf('argo-rollouts', 'argo-rollouts')).to.include(
      `${REGISTRY}canary-analysis-plugin:${version}`,
    );
    const before = await writes('cluster');
    expect(Object.keys(before)).to.have.lengthOf((await left('cluster')).length);
    await runCommand(plane, everything);
    expect(await writes('cluster')).to.deep.equal(before);
  });

  it('install into one namespace beside it, and leave that when they take it out', async function () {
    this.timeout(120_000);
    expect(oneNamespace).to.contain('make install OVERLAY=namespaced NAMESPACE=shop');
    await runCommand(plane, oneNamespace);
    expect(await imagesOf('canary-analysis-operator', 'shop')).to.deep.equal([
      `registry.example.com/team/canary-analysis-operator:${packageJson.version}`,
    ]);
    await runCommand(plane, 'make uninstall OVERLAY=namespaced NAMESPACE=shop');
    const rest = await plane.kubectl(['get', 'deployments,roles,rolebindings', '-n', 'shop', '-o', 'name']);
    expect(rest).to.equal('');
    const { status } = await json('namespace', 'shop');
    expect(status.phase).to.equal('Active');
    expect(await imagesOf('canary-analysis-operator', 'canary-analysis')).to.have.lengthOf(1);
  });

  it('take out what is ours, twice, and keep the definition with every verdict', async function () {
    this.timeout(240_000);
    expect(remove).to.equal('make uninstall');
    await record();
    await runCommand(plane, remove);
    const joined = objectsOf(await plane.kubectl(['kustomize', join(ROOT, BUNDLES['cluster']?.path ?? '')]))
      .filter(isJoined)
      .map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
    const kept = (await left('cluster')).map((name) => name.replace(/^(\w+)(\.[\w.]+)?\//, '$1/'));
    expect(kept).to.have.members([DEFINITION, ...joined]);
    expect((await imagesOf('argo-rollouts', 'argo-rollouts')).join()).not.to.contain('canary-analysis');
    expect(await verdict()).to.equal('Abort');
    await runCommand(plane, remove);
    expect(await verdict()).to.equal('Abort');
  });

  it('install again at once, and take the definition and every verdict out when CRDS=yes says so', async function () {
    this.timeout(240_000);
    await runCommand(plane, everything);
    expect(await left('cluster')).to.have.lengthOf(Object.keys(await writes('cluster')).length);
    expect(await verdict()).to.equal('Abort');
    await runCommand(plane, 'make uninstall CRDS=yes');
    expect(await left('crds')).to.deep.equal([]);
  });

  it('give a RolloutManager the image that was named, and leave Argo Rollouts there without the plugin', async function () {
    this.timeout(240_000);
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const named = async () => (await json('rolloutmanager', 'argo-rollouts', '-n', 'openshift-gitops')).spec;
    await runCommand(plane, `make install OVERLAY=openshift-gitops REGISTRY=${REGISTRY}`);
    expect(await named()).to.include({
      image: `${REGISTRY}argo-rollouts-metric-ai`,
      version: `${ROLLOUTS_RELEASES['1.10']}-${packageJson.version}`,
    });
    const pinned = `ROLLOUTS_IMG=${REGISTRY}rollouts@${digest}`;
    await runCommand(plane, `make install OVERLAY=openshift-gitops ${pinned}`);
    expect(await named()).to.include({ image: `${REGISTRY}rollouts`, version: digest });
    await runCommand(plane, 'make uninstall OVERLAY=openshift-gitops');
    expect((await named()) ?? {}).to.deep.equal({});
  });
});
