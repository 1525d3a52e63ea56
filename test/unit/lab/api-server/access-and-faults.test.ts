import { expect } from 'chai';
import type { AuditEntry } from '../../../lab/api-server/api-server.ts';
import { LabClient } from '../../../lab/lab-client.ts';
import { failureOf } from '../../../support/promises.ts';
import {
  CONFIG_MAPS,
  configMap,
  EventReader,
  PODS,
  refusalOf,
  type TestServer,
  testServer,
} from '../objects.ts';

describe('access to the embedded API server', () => {
  let test: TestServer;

  beforeEach(async () => {
    test = await testServer();
  });
  afterEach(() => test.stop());

  it('is for those with a token: 401 for a wrong one, 403 for none', async () => {
    const { url } = test.server;
    const wrong = new LabClient({ url, token: 'wrong' });
    expect(await refusalOf(wrong.list(PODS))).to.include({ code: 401, reason: 'Unauthorized' });
    const anonymous = new LabClient({ url });
    const refusal = await refusalOf(anonymous.list(PODS));
    expect(refusal).to.include({ code: 403 });
    expect(refusal.message).to.contain('User "system:anonymous" cannot list resource "pods"');
    expect(await anonymous.get('/readyz')).to.equal('ok');
    for (const client of [wrong, anonymous]) client.close();
  });

  it('is refused by rule, in the words of RBAC, until the rule is lifted', async () => {
    const alice = test.clientFor('alice');
    const rules = { user: 'alice', verb: ['get', 'list'], resource: 'configmaps', namespace: 'default' };
    const lift = test.server.access.deny(rules);
    await test.client.create(CONFIG_MAPS, configMap('a'));
    const refusal = await refusalOf(alice.get(`${CONFIG_MAPS}/a`));
    expect(refusal).to.include({ code: 403, reason: 'Forbidden' });
    expect(refusal.message).to.contain(
      'configmaps "a" is forbidden: User "alice" cannot get resource "configmaps" in API group "" in the namespace "default"',
    );
    expect((await refusalOf(alice.list(CONFIG_MAPS))).code).to.equal(403);
    await alice.list('/api/v1/configmaps');
    await alice.create(CONFIG_MAPS, configMap('b'));
    lift();
    await alice.get(`${CONFIG_MAPS}/a`);
  });

  it('tells a subresource from its resource', async () => {
    test.server.access.deny({ user: 'alice', resource: 'pods/log' });
    const alice = test.clientFor('alice');
    await alice.list(PODS);
    const refusal = await refusalOf(alice.get(`${PODS}/p/log`));
    expect(refusal.message).to.contain('pods "p" is forbidden: User "alice" cannot get resource "pods/log"');
  });

  it('can be asked for in advance', async () => {
    test.server.access.deny({ user: 'alice', verb: 'create', resource: 'pods' });
    const review = (verb: string) => ({
      spec: { resourceAttributes: { verb, resource: 'pods', namespace: 'default', group: '' } },
    });
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const alice = test.clientFor('alice');
    expect((await alice.create(path, review('create'))).status).to.deep.equal({ allowed: false });
    expect((await alice.create(path, review('list'))).status).to.deep.equal({ allowed: true });
  });

  it('comes to a ServiceAccount by TokenRequest', async () => {
    const path = '/api/v1/namespaces/default/serviceaccounts';
    await test.client.create(path, { metadata: { name: 'robot' } });
    const { status } = await test.client.create(`${path}/robot/token`, { spec: {} });
    test.server.access.deny({ user: 'system:serviceaccount:default:robot', resource: 'pods' });
    const robot = new LabClient({ url: test.server.url, token: String(status?.['token']) });
    expect(await refusalOf(robot.list(PODS))).to.include({ code: 403 });
    robot.close();
  });

  it('is told request by request', async () => {
    const entries: AuditEntry[] = [];
    const told = Promise.withResolvers<void>();
    const end = test.server.onRequest((entry) => {
      entries.push(entry);
      if (entries.length === 2) told.resolve();
    });
    await test.client.create(CONFIG_MAPS, configMap('a'));
    await refusalOf(test.client.get(`${PODS}/none`));
    await told.promise;
    end();
    const base = { user: 'system:admin', group: '', namespace: 'default' };
    expect(entries).to.deep.equal([
      { ...base, verb: 'create', resource: 'configmaps', name: '', code: 201 },
      { ...base, verb: 'get', resource: 'pods', name: 'none', code: 404 },
    ]);
  });
});

describe('faults of the embedded API server', () => {
  let test: TestServer;

  beforeEach(async () => {
    test = await testServer();
  });
  afterEach(() => test.stop());

  it('answer a status as often as wanted, with Retry-After', async () => {
    const fault = test.server.faults.add({ verb: 'create' }, { status: 429, retryAfterSeconds: 2 }, 2);
    const response = await test.client.open({ method: 'POST', path: CONFIG_MAPS, body: configMap('a') });
    response.resume();
    expect(response.statusCode).to.equal(429);
    expect(response.headers['retry-after']).to.equal('2');
    expect(await refusalOf(test.client.create(CONFIG_MAPS, configMap('a')))).to.include({
      reason: 'TooManyRequests',
    });
    await test.client.create(CONFIG_MAPS, configMap('a'));
    expect(fault.hits).to.equal(2);
  });

  it('reset the connection before a write takes effect', async () => {
    test.server.faults.add({ verb: 'create' }, { reset: true }, 1);
    await failureOf(test.client.create(CONFIG_MAPS, configMap('a')));
    expect(await refusalOf(test.client.get(`${CONFIG_MAPS}/a`))).to.include({ code: 404 });
  });

  it('lose the answer of a write that took effect', async () => {
    test.server.faults.add({ verb: 'create' }, { loseAnswer: true }, 1);
    await failureOf(test.client.create(CONFIG_MAPS, configMap('a')));
    expect((await test.client.get(`${CONFIG_MAPS}/a`)).metadata.name).to.equal('a');
  });

  it('hang until they are lifted', async () => {
    const fault = test.server.faults.add({ user: 'alice' }, { hang: true });
    const hanging = failureOf(test.clientFor('alice').list(PODS));
    await test.client.list(PODS);
    while (fault.hits === 0) await test.client.list(PODS);
    fault.remove();
    expect(await hanging).to.include({ code: 'ECONNRESET' });
  });

  it('take the server down, breaking watches, and bring it up with all it knew', async () => {
    await test.client.create(CONFIG_MAPS, configMap('a'));
    const events = new EventReader(test.client.watch(CONFIG_MAPS));
    await events.next();
    const broken = failureOf(events.next());
    await test.server.down();
    await broken;
    expect(await failureOf(test.client.list(PODS))).to.include({ code: 'ECONNREFUSED' });
    await test.server.up();
    expect((await test.client.get(`${CONFIG_MAPS}/a`)).metadata.name).to.equal('a');
  });

  it('are served over TLS as well, with a certificate of its own that clients can verify', async () => {
    const secure = await testServer({});
    expect(secure.server.url).to.match(/^https:/);
    expect((await secure.client.list(PODS)).items).to.deep.equal([]);
    const trusting = new LabClient({ url: secure.server.url });
    expect(await failureOf(trusting.list(PODS))).to.include({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    trusting.close();
    await secure.stop();
  });
});
