import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { APPLY } from '../../../kustomize/bundles.ts';
import { uninstall } from '../../../kustomize/uninstall.ts';
import { grantsOf, grantText, type RoleObject } from '../../lab/grants.ts';
import { startOperator } from '../../lab/system.ts';
import {
  BASE,
  containersOf,
  find,
  type Kustomizing,
  type Manifest,
  ROOT,
  startKustomizing,
} from './kustomizing.ts';

const OVERLAYS = join(ROOT, 'kustomize/overlays');
const CLUSTER_WIDE = ['Namespace', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding'];

describe('the overlays on a real API server', () => {
  let lab: Kustomizing;
  before(async function () {
    this.timeout(1_800_000);
    lab = await startKustomizing();
  });
  after(() => lab?.stop());

  describe('namespaced', () => {
    const account = { namespace: 'shop', name: 'canary-analysis-operator' };
    let moved: readonly Manifest[];
    before(async () => {
      for (const name of ['shop', 'payments']) await lab.plane.kubectl(['create', 'namespace', name]);
      await lab.plane.kubectl(['apply', '--server-side', '-f', join(ROOT, 'manifests/crds.yaml')]);
      const to = join(OVERLAYS, 'namespaced');
      moved = await lab.renderUser('moved', (path) => `namespace: shop\nresources: ["${path(to)}"]\n`);
      await lab.plane.kubectl(['apply', '--server-side', '--kustomize', join(lab.folder, 'moved')]);
    });

    /** What the API server says of a right of a ServiceAccount of the namespace shop. */
    async function may(name: string, verb: string, resource: string, namespace: string): Promise<boolean> {
      const [type = '', subresource] = resource.split('/');
      const what = subresource === undefined ? [type] : [type, `--subresource=${subresource}`];
      const who = ['-n', namespace, '--as', `system:serviceaccount:shop:${name}`];
      return await lab.plane.kubectl(['auth', 'can-i', verb, ...what, ...who]).then(
        (answer) => answer.trim() === 'yes',
        () => false,
      );
    }

    it('has nothing that belongs to the cluster, and all of it in the namespace that is named', () => {
      expect(moved.filter(({ kind }) => CLUSTER_WIDE.includes(kind))).to.deep.equal([]);
      expect(new Set(moved.map(({ metadata }) => metadata.namespace))).to.deep.equal(new Set(['shop']));
    });

    it('gives the rights of the base, no more and no fewer', async () => {
      const textsOf = (manifests: readonly Manifest[]): string[] =>
        manifests
          .filter(({ kind, metadata }) => kind.endsWith('Role') && !metadata.name.endsWith('-view'))
          .flatMap((role) => grantsOf(role as unknown as RoleObject))
          .map((grant) => grantText({ ...grant, role: grant.role.replace('ClusterRole', 'Role') }))
          .sort();
      expect(textsOf(moved)).to.deep.equal(textsOf(await lab.render(BASE)));
    });

    it('gives them in that namespace alone, to operator and plugin', async () => {
      for (const [name, verb, resource] of [
        ['canary-analysis-operator', 'get', 'pods/log'],
        ['canary-analysis-operator', 'patch', 'canaryanalyses.metric-ai.argoproj-labs.io/status'],
        ['argo-rollouts', 'create', 'canaryanalyses.metric-ai.argoproj-labs.io'],
      ] as const) {
        expect(await may(name, verb, resource, 'shop'), `${name} ${verb} ${resource}`).to.equal(true);
        expect(await may(name, verb, resource, 'payments'), `${name} elsewhere`).to.equal(false);
      }
    });

    it('has an operator that is content with them', async function () {
      this.timeout(60_000);
      const [container] = containersOf(find(moved, 'Deployment', 'canary-analysis-operator'));
      const args = (container as unknown as { args: string[] }).args
        .filter((flag) => !flag.startsWith('--config'))
        .map((flag) => flag.replace('$(POD_NAMESPACE)', 'shop'));
      expect(args).to.deep.equal(['--leader-elect', '--namespace=shop']);
      const token = await lab.plane.kubectl(['create', 'token', account.name, '-n', 'shop']);
      const { url, caFile, directory } = lab.plane;
      const cluster = { url, caFile, directory, tokenFor: () => token.trim() };
      const operator = await startOperator(cluster, {
        args,
        env: { POD_NAMESPACE: 'shop', POD_NAME: 'one' },
      });
      try {
        const port = operator.log.find(({ message }) => message === 'operator started')?.['healthPort'];
        const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
        while ((await ready()) !== 200) await sleep(100);
        const lease = ['get', 'lease', account.name, '-n', 'shop', '-o', 'jsonpath={.spec.holderIdentity}'];
        while (!(await lab.plane.kubectl(lease).catch(() => '')).includes('one')) await sleep(100);
        expect(operator.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
        expect(JSON.stringify(operator.log)).not.to.contain('forbidden');
      } finally {
        await operator.stop();
      }
    });
  });

  it('openshift-gitops has its agent, its rule of the network and its binding in the namespace of OpenShift GitOps', async () => {
    const manifests = await lab.render(join(OVERLAYS, 'openshift-gitops'));
    const texts = ['ConfigMap', 'NetworkPolicy', 'ClusterRoleBinding'].map((kind) =>
      JSON.stringify(manifests.filter((object) => object.kind === kind)),
    );
    for (const text of texts)
      expect(text).to.contain('openshift-gitops').and.not.to.contain('"argo-rollouts.svc');
    expect(JSON.stringify(find(manifests, 'NetworkPolicy', ''))).not.to.contain('"argo-rollouts"');
  });

  it('argo-cd/operator puts every object into a wave, the definition first and the Deployment last', async () => {
    const manifests = await lab.render(join(OVERLAYS, 'argo-cd/operator'));
    const waves = new Map<number, Set<string>>();
    for (const { kind, metadata } of manifests) {
      const { annotations = {} } = metadata as { annotations?: Record<string, string> };
      const wave = Number(annotations['argocd.argoproj.io/sync-wave']);
      expect(wave, kind).to.be.within(-2, 0);
      waves.set(wave, (waves.get(wave) ?? new Set()).add(kind));
    }
    expect([...(waves.get(-2) ?? [])]).to.have.members(['Namespace', 'CustomResourceDefinition']);
    expect([...(waves.get(0) ?? [])]).to.have.members(['Deployment', 'PodDisruptionBudget']);
  });

  it('argo-cd/plugin keeps what belongs to Argo Rollouts from being pruned or deleted', async () => {
    const manifests = await lab.render(join(OVERLAYS, 'argo-cd/plugin'));
    for (const kind of ['Deployment', 'ConfigMap']) {
      const { annotations } = find(manifests, kind, 'argo-rollouts').metadata;
      expect(annotations).to.include({ 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' });
    }
    expect(find(manifests, 'ClusterRoleBinding', '').metadata.annotations).to.equal(undefined);
  });

  it('argo-cd is taken out of argocd-cm, whose other keys and labels stay', async () => {
    const about = { name: 'argocd-cm', namespace: 'argocd' };
    const foreign = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...about, labels: { 'app.kubernetes.io/part-of': 'argocd', team: 'platform' } },
      data: { url: 'https://argocd.example.com' },
    };
    await lab.plane.kubectl(['create', 'namespace', 'argocd']);
    await lab.plane.kubectl(
      ['apply', '--server-side', '--field-manager=argocd', '-f', '-'],
      JSON.stringify(foreign),
    );
    const joined = find(await lab.render(join(OVERLAYS, 'argo-cd')), 'ConfigMap', 'argocd-cm');
    await lab.plane.kubectl([...APPLY, '-f', '-'], JSON.stringify(joined));
    const read = async (): Promise<Manifest> =>
      JSON.parse(await lab.plane.kubectl(['get', 'configmap', 'argocd-cm', '-n', 'argocd', '-o', 'json']));
    expect(Object.keys((await read()).data ?? {})).to.have.lengthOf(3);
    await uninstall(lab.plane.kubectl, [{ ...joined, apiVersion: 'v1', metadata: about }], { crds: false });
    const left = await read();
    expect(left.data).to.deep.equal(foreign.data);
    expect(left.metadata.labels).to.deep.equal(foreign.metadata.labels);
  });
});
