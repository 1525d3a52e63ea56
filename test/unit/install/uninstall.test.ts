import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BundleObject, FIELD_MANAGER, objectsOf } from '../../../kustomize/bundles.ts';
import { deletable, type Removal, uninstall } from '../../../kustomize/uninstall.ts';

const MANIFESTS = join(import.meta.dirname, '../../../manifests');
const bundle = (name: string): BundleObject[] =>
  objectsOf(readFileSync(join(MANIFESTS, `${name}.yaml`), 'utf8'));

/** As kustomize does with `namespace: NAME`: the base's Namespace gets the name too. */
const movedTo = (namespace: string, objects: readonly BundleObject[]): BundleObject[] =>
  objects.map((object) => ({
    ...object,
    metadata: object.kind === 'Namespace' ? { name: namespace } : { ...object.metadata, namespace },
  }));

const deleted = (objects: readonly BundleObject[], removal: Removal): string[] =>
  deletable(objects, removal).map(({ kind, metadata }) => `${kind}/${metadata.name}`);

/** What it asks of a kubectl that finds everything. */
async function callsOf(objects: readonly BundleObject[], removal: Removal) {
  const calls: { verb: string; args: readonly string[]; input: string }[] = [];
  await uninstall(
    async (args, input = '') => {
      calls.push({ verb: args[0] ?? '', args, input });
      return 'found\n';
    },
    objects,
    removal,
  );
  return calls;
}

describe('make uninstall', () => {
  it('deletes the namespace that the base made, and no other', () => {
    expect(deleted(bundle('cluster'), { crds: false })).to.include('Namespace/canary-analysis');
    const moved = movedTo('shop', bundle('cluster'));
    for (const namespace of ['shop', undefined, '']) {
      const found = deleted(moved, { crds: true, namespace });
      expect(found.filter((name) => name.startsWith('Namespace/'))).to.deep.equal([]);
      expect(found).to.include('Deployment/canary-analysis-operator');
    }
  });

  it('keeps a namespace that the user named, even if it is called like the base', () => {
    const removal = { crds: false, namespace: 'canary-analysis' };
    expect(deleted(bundle('cluster'), removal)).not.to.include('Namespace/canary-analysis');
  });

  it('deletes the definition only when asked to', () => {
    const definition = 'CustomResourceDefinition/canaryanalyses.metric-ai.argoproj-labs.io';
    expect(deleted(bundle('cluster'), { crds: false })).not.to.include(definition);
    expect(deleted(bundle('cluster'), { crds: true })).to.include(definition);
  });

  for (const [name, joined] of [
    ['cluster', ['ConfigMap/argo-rollouts-config', 'Deployment/argo-rollouts']],
    ['argo-cd', ['ConfigMap/argocd-cm']],
  ] as const) {
    it(`gives back what the bundle ${name} joined, by an apply of nothing under our field manager`, async () => {
      const calls = await callsOf(bundle(name), { crds: false });
      const applied = calls.filter(({ verb }) => verb === 'apply');
      const bare = applied.map(({ input }) => JSON.parse(input) as BundleObject);
      expect(bare.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).to.have.members([...joined]);
      for (const object of bare) {
        expect(Object.keys(object)).to.have.members(['apiVersion', 'kind', 'metadata']);
        expect(Object.keys(object.metadata)).to.have.members(['name', 'namespace']);
      }
      for (const { args } of applied)
        expect(args).to.include.members(['--server-side', `--field-manager=${FIELD_MANAGER}`]);
      const [removed] = calls.filter(({ verb }) => verb === 'delete');
      const { items } = JSON.parse(removed?.input ?? '') as { items: BundleObject[] };
      const names = items.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      expect(names).not.to.be.empty;
      expect(names.filter((one) => joined.some((kept) => kept === one))).to.deep.equal([]);
    });
  }

  it('joins the ConfigMap of the notifications', async () => {
    const metadata = { name: 'argo-rollouts-notification-configmap', namespace: 'argo-rollouts' };
    const calls = await callsOf([{ apiVersion: 'v1', kind: 'ConfigMap', metadata }], { crds: false });
    expect(calls.map(({ verb }) => verb)).to.deep.equal(['get', 'apply']);
  });
});
