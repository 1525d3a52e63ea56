import { expect } from 'chai';
import { ResourceClient } from '../../../../crds/client/resource-client.ts';
import {
  EVENTS,
  EventRecorder,
  type EventRecorderOptions,
  type KubernetesEvent,
  type ObjectReference,
} from '../../../../operator/kernel/events.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type Answer, json, refuse, serveHttp, type TestServer } from '../../../support/http-server.ts';
import { captureLog, type LogCapture } from '../../../support/log-capture.ts';

const object: ObjectReference = {
  apiVersion: 'shop.example.com/v1',
  kind: 'Widget',
  name: 'a',
  namespace: 'shop',
  uid: 'u-1',
};

describe('the recorder of events', () => {
  let clock: FakeClock;
  let log: LogCapture;
  let server: TestServer;
  let transport: KubeTransport;

  async function recorder(
    options: Partial<EventRecorderOptions> = {},
    answer?: Answer,
  ): Promise<EventRecorder> {
    server = await serveHttp(
      answer ?? ((request, response) => json(response, 200, { metadata: {}, ...JSON.parse(request.body) })),
    );
    transport = createKubeTransport(loadKubeConfig({ server: server.url }, {}));
    return new EventRecorder({
      client: new ResourceClient<KubernetesEvent>(transport, EVENTS),
      component: 'canary-analysis',
      instance: 'pod-1',
      logger: log.logger,
      clock,
      ...options,
    });
  }

  beforeEach(() => {
    clock = new FakeClock();
    log = captureLog();
  });

  afterEach(async () => {
    transport.close();
    await server.close();
  });

  it('writes what happened beside the object it is about', async () => {
    const events = await recorder();
    events.record(object, 'Warning', 'Aborted', 'the canary crash-loops');
    await events.flush();
    const [{ path = '', body = '' } = {}] = server.seen;
    expect(path).to.equal('/api/v1/namespaces/shop/events');
    const { metadata, ...event } = JSON.parse(body) as KubernetesEvent;
    expect(metadata.namespace).to.equal('shop');
    expect(metadata.name).to.match(/^a\.[0-9a-f]{16}$/);
    expect(event).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: object,
      type: 'Warning',
      reason: 'Aborted',
      message: 'the canary crash-loops',
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      source: { component: 'canary-analysis' },
      reportingComponent: 'canary-analysis',
      reportingInstance: 'pod-1',
    });
  });

  it('counts up what happens again, and writes anew what differs', async () => {
    const events = await recorder();
    events.record(object, 'Normal', 'Waiting', 'for a pod');
    await clock.advance(60_000);
    events.record(object, 'Normal', 'Waiting', 'for a pod');
    events.record(object, 'Normal', 'Waiting', 'for two pods');
    events.record(object, 'Normal', 'Waiting', 'for a pod');
    await events.flush();
    expect(server.seen.map(({ method }) => method)).to.deep.equal(['POST', 'PATCH', 'POST', 'PATCH']);
    expect(JSON.parse(server.seen[3]?.body ?? '')).to.deep.equal({
      count: 3,
      lastTimestamp: '2026-01-01T00:01:00Z',
    });
    const created = JSON.parse(server.seen[0]?.body ?? '') as KubernetesEvent;
    expect(server.seen[3]?.path).to.equal(`/api/v1/namespaces/shop/events/${created.metadata.name}`);
  });

  it('writes anew an event that has expired', async () => {
    const events = await recorder({}, (request, response) => {
      if (request.method === 'PATCH') refuse(response, 404, 'NotFound', 'gone', { name: 'a' });
      else json(response, 201, JSON.parse(request.body));
    });
    events.record(object, 'Normal', 'Waiting', 'for a pod');
    events.record(object, 'Normal', 'Waiting', 'for a pod');
    await events.flush();
    expect(server.seen.map(({ method }) => method)).to.deep.equal(['POST', 'PATCH', 'POST']);
  });

  it('does not let one object flood the cluster, nor keep the others silent', async () => {
    const events = await recorder({ burst: 2, refillMs: 1000 });
    for (let times = 0; times < 5; times++) events.record(object, 'Normal', 'Loop', `${times}`);
    events.record({ ...object, uid: 'u-2' }, 'Normal', 'Loop', 'other');
    await clock.advance(1000);
    for (let times = 0; times < 5; times++) events.record(object, 'Normal', 'Loop', `later ${times}`);
    await events.flush();
    expect(server.seen.map(({ body }) => (JSON.parse(body) as KubernetesEvent).message)).to.deep.equal([
      '0',
      '1',
      'other',
      'later 0',
    ]);
  });

  it('drops events rather than pile them up while the server is slow', async () => {
    const events = await recorder({ maxPending: 2 });
    for (let times = 0; times < 5; times++) events.record(object, 'Normal', 'Many', `${times}`);
    await events.flush();
    expect(server.seen.length).to.equal(2);
    events.record(object, 'Normal', 'Many', 'after');
    await events.flush();
    expect(server.seen.length).to.equal(3);
  });

  it('logs what cannot be written and goes on', async () => {
    let requests = 0;
    const events = await recorder({}, (request, response) => {
      if (++requests === 1) refuse(response, 403, 'Forbidden', 'User "x" cannot create resource "events"');
      else json(response, 201, JSON.parse(request.body));
    });
    events.record(object, 'Normal', 'First', 'refused');
    events.record(object, 'Normal', 'Second', 'taken');
    await events.flush();
    expect(requests).to.equal(2);
    expect(log.lines.map((line) => [line['message'], line['reason']])).to.deep.equal([
      ['event not recorded', 'First'],
    ]);
  });

  it('cuts a long message and a long name', async () => {
    const events = await recorder();
    events.record({ ...object, name: 'n'.repeat(253) }, 'Normal', 'Long', 'x'.repeat(5000));
    await events.flush();
    const event = JSON.parse(server.seen[0]?.body ?? '') as KubernetesEvent;
    expect(event.message.length).to.equal(1024);
    expect(event.metadata.name.length).to.equal(253);
  });

  it('writes nothing any more once it is closed', async () => {
    const events = await recorder();
    events.record(object, 'Normal', 'Before', 'in line');
    events.close();
    events.record(object, 'Normal', 'After', 'not taken');
    await events.flush();
    expect(server.seen).to.deep.equal([]);
    expect(log.lines).to.deep.equal([]);
  });
});
