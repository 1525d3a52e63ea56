import { expect } from 'chai';
import type { KubeList, KubeObject } from '../../../lab/kubernetes.ts';
import {
  CONFIG_MAPS,
  configMap,
  DEFINITIONS,
  EventReader,
  PODS,
  pod,
  refusalOf,
  type TestServer,
  testServer,
} from '../objects.ts';

describe('objects in the embedded API server', () => {
  let test: TestServer;

  beforeEach(async () => {
    test = await testServer();
  });
  afterEach(() => test.stop());

  it('are created with uid, resourceVersion and creationTimestamp, and read back', async () => {
    const created = await test.client.create(CONFIG_MAPS, configMap('a', {}, { x: 'y' }));
    expect(created.metadata).to.include.keys('uid', 'resourceVersion', 'creationTimestamp');
    expect(created.metadata.creationTimestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await test.client.get(`${CONFIG_MAPS}/a`)).to.deep.equal(created);
  });

  it('take a generated name of five more characters', async () => {
    const unnamed = { metadata: { generateName: 'web-' } };
    const { metadata } = await test.client.create(CONFIG_MAPS, unnamed);
    expect(metadata.name).to.match(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('are refused under a name that is taken, malformed or missing', async () => {
    await test.client.create(CONFIG_MAPS, configMap('a'));
    const taken = await refusalOf(test.client.create(CONFIG_MAPS, configMap('a')));
    expect(taken).to.include({ code: 409, reason: 'AlreadyExists' });
    expect(taken.message).to.contain('configmaps "a" already exists');
    const malformed = await refusalOf(test.client.create(CONFIG_MAPS, configMap('A_b')));
    expect(malformed).to.include({ code: 422, reason: 'Invalid' });
    expect(await refusalOf(test.client.create(CONFIG_MAPS, { metadata: {} }))).to.include({ code: 422 });
  });

  it('are refused in a namespace that does not exist', async () => {
    const refusal = await refusalOf(test.client.create('/api/v1/namespaces/none/configmaps', configMap('a')));
    expect(refusal).to.include({ code: 404, reason: 'NotFound' });
    expect(refusal.message).to.contain('namespaces "none" not found');
  });

  it('are refused with a label value that is none, such as one with a slash', async () => {
    const refusal = await refusalOf(
      test.client.create(CONFIG_MAPS, configMap('a', { plugin: 'group/name' })),
    );
    expect(refusal).to.include({ code: 422 });
    expect(refusal.message).to.contain('metadata.labels: Invalid value: "group/name": a valid label must be');
  });

  it('are not stored by a dry run', async () => {
    const created = await test.client.create(`${CONFIG_MAPS}?dryRun=All`, configMap('a'));
    expect(created.metadata.uid).to.be.a('string');
    expect(await refusalOf(test.client.get(`${CONFIG_MAPS}/a`))).to.include({ code: 404 });
  });

  it('are written only over the version they were read at', async () => {
    const first = await test.client.create(CONFIG_MAPS, configMap('a'));
    const second = await test.client.update(`${CONFIG_MAPS}/a`, { ...first, data: { k: '1' } });
    expect(second.metadata.resourceVersion).not.to.equal(first.metadata.resourceVersion);
    const stale = await refusalOf(test.client.update(`${CONFIG_MAPS}/a`, { ...first, data: { k: '2' } }));
    expect(stale).to.include({ code: 409, reason: 'Conflict' });
    expect(stale.message).to.contain('the object has been modified');
    const guarded = { metadata: { resourceVersion: first.metadata.resourceVersion }, data: { k: '3' } };
    expect(await refusalOf(test.client.patch(`${CONFIG_MAPS}/a`, guarded))).to.include({ code: 409 });
  });

  it('keep their version when a write changes nothing', async () => {
    const created = await test.client.create(CONFIG_MAPS, configMap('a', {}, { k: '1' }));
    const patched = await test.client.patch(`${CONFIG_MAPS}/a`, { data: { k: '1' } });
    expect(patched.metadata.resourceVersion).to.equal(created.metadata.resourceVersion);
  });

  it('keep what the system owns', async () => {
    const created = await test.client.create(CONFIG_MAPS, configMap('a'));
    const metadata = { creationTimestamp: '2000-01-01T00:00:00Z', labels: { l: '1' } };
    const patched = await test.client.patch(`${CONFIG_MAPS}/a`, { metadata });
    expect(patched.metadata.creationTimestamp).to.equal(created.metadata.creationTimestamp);
    expect(patched.metadata.labels).to.deep.equal({ l: '1' });
    expect(await refusalOf(test.client.patch(`${CONFIG_MAPS}/a`, { metadata: { uid: 'other' } }))).to.include(
      { code: 409 },
    );
  });

  it('are created or merged by server-side apply, which needs a field manager', async () => {
    const contentType = 'application/apply-patch+yaml';
    const path = `${CONFIG_MAPS}/a?fieldManager=test`;
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "1"}\n';
    await test.client.request({ method: 'PATCH', path, body, contentType });
    const merged = await test.client.request({
      method: 'PATCH',
      path,
      body: body.replace('x', 'y'),
      contentType,
    });
    expect(merged['data']).to.deep.equal({ x: '1', y: '1' });
    const anonymous = test.client.request({ method: 'PATCH', path: `${CONFIG_MAPS}/a`, body, contentType });
    expect((await refusalOf(anonymous)).message).to.contain('fieldManager: Required value');
  });

  it('are deleted at once, with a Status that tells which', async () => {
    const created = await test.client.create(CONFIG_MAPS, configMap('a'));
    const other = { preconditions: { uid: 'other' } };
    expect(await refusalOf(test.client.delete(`${CONFIG_MAPS}/a`, other))).to.include({ code: 409 });
    const status = await test.client.delete(`${CONFIG_MAPS}/a`, {
      preconditions: { uid: created.metadata.uid },
    });
    expect(status).to.include({ kind: 'Status' });
    expect(status['details']).to.include({ name: 'a', uid: created.metadata.uid });
    expect(await refusalOf(test.client.delete(`${CONFIG_MAPS}/a`))).to.include({ code: 404 });
  });

  it('with finalizers stay until the last one is taken off', async () => {
    const held = configMap('a');
    held.metadata.finalizers = ['example.test/hold'];
    await test.client.create(CONFIG_MAPS, held);
    const marked = await test.client.delete(`${CONFIG_MAPS}/a`);
    expect(marked.metadata.deletionTimestamp).to.be.a('string');
    await test.client.patch(`${CONFIG_MAPS}/a`, { metadata: { finalizers: null } });
    expect(await refusalOf(test.client.get(`${CONFIG_MAPS}/a`))).to.include({ code: 404 });
  });

  it('that are running pods get their grace period, others go at once', async () => {
    await test.client.create(PODS, pod('unbound', { image: 'i' }));
    await test.client.create(PODS, pod('bound', { image: 'i' }, { nodeName: 'n' }));
    await test.client.delete(`${PODS}/unbound`);
    expect(await refusalOf(test.client.get(`${PODS}/unbound`))).to.include({ code: 404 });
    const { metadata } = await test.client.delete(`${PODS}/bound`);
    expect(metadata.deletionGracePeriodSeconds).to.equal(5);
    await test.client.delete(`${PODS}/bound`, { gracePeriodSeconds: 0 });
    expect(await refusalOf(test.client.get(`${PODS}/bound`))).to.include({ code: 404 });
  });

  it('follow their last owner', async () => {
    const first = await test.client.create(CONFIG_MAPS, configMap('first'));
    const since = `${CONFIG_MAPS}?resourceVersion=${first.metadata.resourceVersion}`;
    const events = new EventReader(test.client.watch(since));
    const second = await test.client.create(CONFIG_MAPS, configMap('second'));
    const owned = configMap('owned');
    owned.metadata.ownerReferences = [first, second].map(({ metadata }) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: metadata.name,
      uid: metadata.uid ?? '',
    }));
    await test.client.create(CONFIG_MAPS, owned);
    await test.client.delete(`${CONFIG_MAPS}/first`);
    await events.until(({ type, object }) => type === 'DELETED' && object.metadata.name === 'first');
    await test.client.delete(`${CONFIG_MAPS}/second`);
    await events.until(({ type, object }) => type === 'DELETED' && object.metadata.name === 'second');
    const gone = await events.next();
    expect([gone.type, gone.object.metadata.name]).to.deep.equal(['DELETED', 'owned']);
    await events.close();
  });

  it('stay when their owner is deleted with propagation policy Orphan', async () => {
    const owner = await test.client.create(CONFIG_MAPS, configMap('owner'));
    const owned = configMap('owned');
    const { uid = '' } = owner.metadata;
    owned.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
    await test.client.create(CONFIG_MAPS, owned);
    await test.client.delete(`${CONFIG_MAPS}/owner?propagationPolicy=Orphan`);
    expect((await test.client.get(`${CONFIG_MAPS}/owned`)).metadata.ownerReferences).to.deep.equal([]);
  });

  it('go with their namespace, which refuses new ones meanwhile', async () => {
    const path = '/api/v1/namespaces/team/configmaps';
    await test.client.create('/api/v1/namespaces', { metadata: { name: 'team' } });
    const held = configMap('held');
    held.metadata.finalizers = ['example.test/hold'];
    await test.client.create(path, held);
    const namespaces = new EventReader(
      test.client.watch('/api/v1/namespaces?fieldSelector=metadata.name%3Dteam'),
    );
    await test.client.delete('/api/v1/namespaces/team');
    await namespaces.until(({ object }) => object.status?.['phase'] === 'Terminating');
    const refusal = await refusalOf(test.client.create(path, configMap('late')));
    expect(refusal).to.include({ code: 403 });
    expect(refusal.message).to.contain('because it is being terminated');
    await test.client.patch(`${path}/held`, { metadata: { finalizers: null } });
    await namespaces.until(({ type }) => type === 'DELETED');
    await namespaces.close();
  });

  it('are listed in pages that all show one state', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await test.client.create(CONFIG_MAPS, configMap(name));
    const first = await test.client.list(`${CONFIG_MAPS}?limit=2`);
    expect(first.metadata).to.include({ remainingItemCount: 3 });
    await test.client.create(CONFIG_MAPS, configMap('bb'));
    await test.client.delete(`${CONFIG_MAPS}/d`);
    const rest = await test.client.list(`${CONFIG_MAPS}?limit=10&continue=${first.metadata.continue}`);
    const names = (list: KubeList): string[] => list.items.map((item) => item.metadata.name);
    expect([...names(first), ...names(rest)]).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    expect(rest.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
    test.server.store.compact();
    const expired = await refusalOf(test.client.list(`${CONFIG_MAPS}?continue=${first.metadata.continue}`));
    expect(expired).to.include({ code: 410, reason: 'Expired' });
  });

  it('are deleted as a collection by selector', async () => {
    await test.client.create(CONFIG_MAPS, configMap('a', { side: 'l' }));
    await test.client.create(CONFIG_MAPS, configMap('b', { side: 'r' }));
    await test.client.delete(`${CONFIG_MAPS}?labelSelector=side%3Dl`);
    const { items } = await test.client.list(CONFIG_MAPS);
    expect(items.map((item: KubeObject) => item.metadata.name)).to.deep.equal(['b']);
  });

  it('with a MicroTime need exactly six fraction digits', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = (renewTime: string) => ({ metadata: { name: 'l' }, spec: { renewTime } });
    const refusal = await refusalOf(test.client.create(path, lease('2026-01-01T00:00:00.000Z')));
    expect(refusal).to.include({ code: 400 });
    expect(refusal.message).to.contain('cannot parse ".000Z" as ".000000"');
    await test.client.create(path, lease('2026-01-01T00:00:00.000000Z'));
  });

  it('that are Events must be about an object of their namespace', async () => {
    const event = { metadata: { name: 'e' }, involvedObject: { kind: 'Pod', name: 'p', namespace: 'other' } };
    const refusal = await refusalOf(test.client.create('/api/v1/namespaces/default/events', event));
    expect(refusal.message).to.contain(
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    );
  });

  it('of kinds that are not served are 404', async () => {
    const refusal = await refusalOf(test.client.list('/apis/example.test/v1/widgets'));
    expect(refusal).to.include({ code: 404, reason: 'NotFound' });
    expect(refusal.message).to.contain('the server could not find the requested resource');
    expect((await test.client.list(DEFINITIONS)).items).to.deep.equal([]);
  });
});
