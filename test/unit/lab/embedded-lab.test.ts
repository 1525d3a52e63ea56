import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type EmbeddedLab, startEmbeddedLab } from '../../lab/embedded-lab.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import { EventReader, PODS, refusalOf } from './objects.ts';

function replicaSet(name: string, replicas: number): KubeObject {
  const labels = { app: name, 'rollouts-pod-template-hash': 'h1' };
  const containers = [{ name: 'main', image: 'idle' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers, terminationGracePeriodSeconds: 5 } },
    },
  };
}

const hasReady =
  (count: number) =>
  (set: KubeObject): boolean =>
    set.status?.['readyReplicas'] === count && set.status?.['replicas'] === count;

describe('the embedded lab', () => {
  let lab: EmbeddedLab;

  beforeEach(async () => {
    lab = await startEmbeddedLab({ images: { idle: ['node', '-e', 'setInterval(() => {}, 1000)'] } });
  });
  afterEach(() => lab.stop());

  it('keeps as many pods as a ReplicaSet wants', async () => {
    await lab.apply(replicaSet('web', 3));
    const set = await lab.waitFor(replicaSet('web', 3), hasReady(3));
    const { items } = await lab.client.list(PODS);
    for (const { metadata } of items) {
      expect(metadata.name).to.match(/^web-[a-z0-9]{5}$/);
      expect(metadata.labels).to.deep.equal(set.metadata.labels);
      expect(metadata.ownerReferences?.[0]).to.include({
        kind: 'ReplicaSet',
        uid: set.metadata.uid,
        controller: true,
      });
    }
    await lab.apply(replicaSet('web', 1));
    await lab.waitFor(replicaSet('web', 1), hasReady(1));
  });

  it('replaces a pod that is deleted', async () => {
    await lab.apply(replicaSet('web', 1));
    await lab.waitFor(replicaSet('web', 1), hasReady(1));
    const [before] = (await lab.client.list(PODS)).items;
    const since = `${PODS}?resourceVersion=${before?.metadata.resourceVersion}`;
    const events = new EventReader(lab.client.watch(since));
    await lab.client.delete(`${PODS}/${before?.metadata.name}`);
    const { object } = await events.until(({ type }) => type === 'ADDED');
    expect(object.metadata.uid).not.to.equal(before?.metadata.uid);
    await events.close();
    await lab.waitFor(replicaSet('web', 1), hasReady(1));
  });

  it('takes the pods away with their ReplicaSet', async () => {
    await lab.apply(replicaSet('web', 2));
    await lab.waitFor(replicaSet('web', 2), hasReady(2));
    const { metadata } = await lab.client.list(PODS);
    const events = new EventReader(lab.client.watch(`${PODS}?resourceVersion=${metadata.resourceVersion}`));
    await lab.client.delete('/apis/apps/v1/namespaces/default/replicasets/web');
    await events.until(({ type }) => type === 'DELETED');
    await events.until(({ type }) => type === 'DELETED');
    await events.close();
    expect((await lab.client.list(PODS)).items).to.deep.equal([]);
  });

  it('goes on after the API server was away', async () => {
    await lab.apply(replicaSet('web', 1));
    await lab.waitFor(replicaSet('web', 1), hasReady(1));
    await lab.server.down();
    await lab.server.up();
    await lab.apply(replicaSet('web', 2));
    await lab.waitFor(replicaSet('web', 2), hasReady(2));
  });

  it('hands out credentials by user', async () => {
    expect(readFileSync(lab.kubeconfig, 'utf8'))
      .to.contain(lab.url)
      .and.to.contain('certificate-authority-data');
    expect(readFileSync(lab.caFile ?? '', 'utf8')).to.match(/^-----BEGIN CERTIFICATE-----/);
    lab.server.access.deny({ user: 'alice', resource: 'pods' });
    expect(await refusalOf(lab.clientFor('alice').list(PODS))).to.include({ code: 403 });
  });
});
