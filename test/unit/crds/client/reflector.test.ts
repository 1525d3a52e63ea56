import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import type { KubernetesObject } from '../../../../crds/client/kubernetes-object.ts';
import {
  Reflector,
  type ReflectorFailure,
  type ReflectorOptions,
} from '../../../../crds/client/reflector.ts';
import type { ResourceDefinition } from '../../../../crds/client/resource.ts';
import { ResourceClient } from '../../../../crds/client/resource-client.ts';
import { isCoded } from '../../../../crds/errors.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { json, refuse, type SeenRequest, serveHttp, type TestServer } from '../../../support/http-server.ts';
import { failureOf } from '../../../support/promises.ts';

const widgets: ResourceDefinition = {
  group: 'shop.example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};

function widget(name: string, resourceVersion: string, uid = name): KubernetesObject {
  return {
    apiVersion: 'shop.example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'shop', uid, resourceVersion },
  };
}

/** A request that a test answers when it wants to. */
interface Held {
  readonly request: SeenRequest;
  readonly response: ServerResponse;
}

describe('the reflector', () => {
  let server: TestServer;
  let transport: KubeTransport;
  let clock: FakeClock;
  let reflector: Reflector<KubernetesObject>;
  let log: string[];
  let failures: ReflectorFailure[];
  let stop: AbortController;
  let running: Promise<void>;
  let waiting: ((held: Held) => void)[];
  let arrived: Held[];
  let told: (() => void)[];

  /** The next request that the reflector makes. */
  function next(): Promise<Held> {
    const held = arrived.shift();
    return held === undefined ? new Promise((resolve) => void waiting.push(resolve)) : Promise.resolve(held);
  }

  async function answerList(items: readonly KubernetesObject[], resourceVersion: string): Promise<void> {
    const { request, response } = await next();
    expect(request.query).not.to.have.property('watch');
    json(response, 200, { metadata: { resourceVersion }, items });
  }

  async function openWatch(from: string): Promise<ServerResponse> {
    const { request, response } = await next();
    expect(request.query).to.include({ watch: 'true', resourceVersion: from, allowWatchBookmarks: 'true' });
    response.writeHead(200).flushHeaders();
    return response;
  }

  function send(response: ServerResponse, type: string, object: unknown): void {
    response.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Resolves as soon as the handlers have been told of `count` changes in all. */
  async function changes(count: number): Promise<string[]> {
    while (log.length < count) await new Promise<void>((resolve) => void told.push(resolve));
    return log;
  }

  function record(line: string): void {
    log.push(line);
    for (const resolve of told.splice(0)) resolve();
  }

  function start(options: Partial<ReflectorOptions<KubernetesObject>> = {}): void {
    const client = new ResourceClient<KubernetesObject>(transport, widgets);
    reflector = new Reflector<KubernetesObject>({
      client,
      clock,
      random: () => 0,
      onError: (failure) => void failures.push(failure),
      ...options,
    });
    reflector.addHandler({
      added: ({ metadata }) => record(`added ${metadata.name}@${metadata.resourceVersion}`),
      updated: ({ metadata }, before) =>
        record(`updated ${metadata.name}@${before.metadata.resourceVersion}→${metadata.resourceVersion}`),
      deleted: ({ metadata }) => record(`deleted ${metadata.name}@${metadata.resourceVersion}`),
    });
    running = reflector.run(stop.signal);
  }

  beforeEach(async () => {
    [log, failures, waiting, arrived, told] = [[], [], [], [], []];
    clock = new FakeClock();
    stop = new AbortController();
    server = await serveHttp((request, response) => {
      const waiter = waiting.shift();
      if (waiter === undefined) arrived.push({ request, response });
      else waiter({ request, response });
    });
    transport = createKubeTransport(loadKubeConfig({ server: server.url }, {}));
  });

  afterEach(async () => {
    stop.abort();
    await running;
    transport.close();
    await server.close();
  });

  it('lists, tells what is there, and follows what changes', async () => {
    start({ namespace: 'shop', labelSelector: 'awaited' });
    expect(reflector.hasSynced).to.equal(false);
    await answerList([widget('a', '3'), widget('b', '4')], '10');
    await reflector.waitForSync();
    const watch = await openWatch('10');
    send(watch, 'ADDED', widget('c', '11'));
    send(watch, 'MODIFIED', widget('a', '12'));
    send(watch, 'DELETED', widget('b', '13'));
    expect(await changes(5)).to.deep.equal([
      'added a@3',
      'added b@4',
      'added c@11',
      'updated a@3→12',
      'deleted b@13',
    ]);
    expect(reflector.get('shop', 'a')).to.deep.equal(widget('a', '12'));
    expect(reflector.get('shop', 'b')).to.equal(undefined);
    expect(
      reflector
        .list()
        .map((object) => object.metadata.name)
        .sort(),
    ).to.deep.equal(['a', 'c']);
    expect(server.seen.every(({ query }) => query['labelSelector'] === 'awaited')).to.equal(true);
  });

  it('resumes a watch that the server ends from the last event or bookmark, without listing again', async () => {
    start();
    await answerList([widget('a', '3')], '10');
    const first = await openWatch('10');
    send(first, 'MODIFIED', widget('a', '11'));
    send(first, 'BOOKMARK', { kind: 'Widget', metadata: { resourceVersion: '90' } });
    first.end();
    const second = await openWatch('90');
    send(second, 'MODIFIED', widget('a', '91'));
    expect(await changes(3)).to.deep.equal(['added a@3', 'updated a@3→11', 'updated a@11→91']);
    expect(failures).to.deep.equal([]);
  });

  it('asks the server to end each watch, at a time that differs between clients', async () => {
    start({ watchSeconds: 100, random: () => 0.5 });
    await answerList([], '10');
    const { request, response } = await next();
    expect(request.query['timeoutSeconds']).to.equal('150');
    response.end();
  });

  it('lists again at once on 410 and finds the deletions and changes that it missed', async () => {
    start();
    await answerList([widget('a', '3'), widget('b', '4'), widget('c', '5', 'first')], '10');
    const watch = await openWatch('10');
    send(watch, 'ERROR', {
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: 'too old resource version',
    });
    await answerList([widget('a', '3'), widget('c', '40', 'second'), widget('d', '41')], '50');
    await openWatch('50');
    expect(log.slice(3)).to.deep.equal(['deleted b@4', 'deleted c@5', 'added c@40', 'added d@41']);
    expect(failures).to.deep.equal([]);
  });

  it('also when the watch is refused with 410, and waits when that happens again and again', async () => {
    start();
    await answerList([], '10');
    refuse((await next()).response, 410, 'Expired', 'too old resource version');
    await answerList([], '10');
    refuse((await next()).response, 410, 'Expired', 'too old resource version');
    await clock.untilPending();
    expect(failures).to.have.length(1);
    await clock.advance(800);
    await answerList([], '10');
    await openWatch('10');
  });

  it('starts from a list when the server has come back with an older state', async () => {
    start();
    await answerList([], '1000');
    const { response } = await next();
    refuse(response, 504, 'Timeout', 'Too large resource version: 1000, current: 3', {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    });
    await clock.untilPending();
    await clock.advance(800);
    await answerList([], '3');
    await openWatch('3');
  });

  it('waits longer after each failed list, up to a limit, and never gives up', async () => {
    start({ initialBackoffMs: 100, maxBackoffMs: 300 });
    for (const wait of [100, 200, 300, 300]) {
      refuse((await next()).response, 500, 'InternalError', 'etcd is down');
      await clock.untilPending();
      expect(clock.pending).to.deep.equal([wait]);
      expect(reflector.health()).to.include({ state: 'waiting', synced: false });
      await clock.advance(wait);
    }
    await answerList([], '10');
    await reflector.waitForSync();
    expect(
      failures.map(({ during, failures: count, retryInMs }) => [during, count, retryInMs]),
    ).to.deep.equal([
      ['list', 1, 100],
      ['list', 2, 200],
      ['list', 3, 300],
      ['list', 4, 300],
    ]);
  });

  it('waits as long as the server asks', async () => {
    start();
    const { response } = await next();
    json(
      response,
      429,
      { kind: 'Status', reason: 'TooManyRequests', message: 'later' },
      { 'retry-after': '20' },
    );
    await clock.untilPending();
    expect(clock.pending).to.deep.equal([20_000]);
  });

  it('keeps what it knows while the connection is gone, and resumes the watch where it stood', async () => {
    start();
    await answerList([widget('a', '3')], '10');
    const watch = await openWatch('10');
    send(watch, 'BOOKMARK', { metadata: { resourceVersion: '20' } });
    await new Promise<void>((resolve) => void watch.write('{"type":"MODIFI', () => resolve()));
    watch.destroy();
    await clock.untilPending();
    expect(reflector.get('shop', 'a')).to.deep.equal(widget('a', '3'));
    expect(reflector.health()).to.include({ state: 'waiting', synced: true, failures: 1 });
    expect(isCoded(reflector.health().lastError, 'API_UNREACHABLE')).to.equal(true);
    await clock.advance(800);
    const again = await openWatch('20');
    send(again, 'MODIFIED', widget('a', '21'));
    await changes(2);
    expect(reflector.health()).to.include({ state: 'watching', failures: 0 });
    expect(reflector.health()).not.to.have.property('lastError');
  });

  it('does not repeat in a loop a watch that ends at once', async () => {
    start();
    await answerList([], '10');
    for (const wait of [800, 1600]) {
      (await next()).response.writeHead(200).end();
      await clock.untilPending();
      expect(clock.pending).to.deep.equal([wait]);
      await clock.advance(wait);
    }
    await openWatch('10');
  });

  it('keeps waiting longer while every list works and every watch is forbidden', async () => {
    start();
    for (const wait of [800, 1600, 3200]) {
      await answerList([], '10');
      refuse((await next()).response, 403, 'Forbidden', 'User "x" cannot watch resource "widgets"');
      await clock.untilPending();
      expect(clock.pending).to.deep.equal([wait]);
      await clock.advance(wait);
    }
    expect(String(failures[0]?.error)).to.include('grant `watch widgets.shop.example.com`');
    await answerList([], '10');
  });

  it('tells an object that leaves its selector as deleted, with what the server sends', async () => {
    start({ labelSelector: 'awaited' });
    await answerList([widget('a', '3')], '10');
    send(await openWatch('10'), 'DELETED', widget('a', '11'));
    expect(await changes(2)).to.deep.equal(['added a@3', 'deleted a@11']);
  });

  it('does not tell the same state twice', async () => {
    start();
    await answerList([widget('a', '3')], '10');
    const watch = await openWatch('10');
    send(watch, 'ADDED', widget('a', '3'));
    send(watch, 'DELETED', widget('never-seen', '4'));
    send(watch, 'MODIFIED', widget('a', '5'));
    expect(await changes(2)).to.deep.equal(['added a@3', 'updated a@3→5']);
  });

  it('tells a late handler what is there, and no removed one anything', async () => {
    start();
    await answerList([widget('a', '3')], '10');
    await reflector.waitForSync();
    const late: string[] = [];
    const remove = reflector.addHandler({ added: ({ metadata }) => void late.push(metadata.name) });
    expect(late).to.deep.equal(['a']);
    remove();
    send(await openWatch('10'), 'ADDED', widget('b', '11'));
    await changes(2);
    expect(late).to.deep.equal(['a']);
  });

  it('goes on when a handler throws, and reports it', async () => {
    start();
    const error = new Error('a handler is broken');
    reflector.addHandler({
      added: () => {
        throw error;
      },
    });
    await answerList([widget('a', '3')], '10');
    send(await openWatch('10'), 'MODIFIED', widget('a', '11'));
    await changes(2);
    expect(failures).to.deep.equal([{ during: 'handler', error, failures: 0, retryInMs: 0 }]);
  });

  it('says when it last heard of the server', async () => {
    start();
    expect(reflector.health()).not.to.have.property('lastContact');
    await answerList([], '10');
    await reflector.waitForSync();
    const listed = reflector.health().lastContact;
    expect(listed).to.equal(clock.now());
    const watch = await openWatch('10');
    await clock.advance(60_000);
    send(watch, 'BOOKMARK', { metadata: { resourceVersion: '11' } });
    send(watch, 'ADDED', widget('a', '12'));
    await changes(1);
    expect(reflector.health().lastContact).to.equal((listed ?? 0) + 60_000);
  });

  for (const moment of ['a list', 'a watch', 'a wait'] as const) {
    it(`stops at once in the middle of ${moment}`, async () => {
      start();
      if (moment === 'a list') await next();
      if (moment !== 'a list') await answerList([], '10');
      if (moment === 'a watch') await openWatch('10');
      if (moment === 'a wait') {
        refuse((await next()).response, 500, 'InternalError', 'no');
        await clock.untilPending();
      }
      stop.abort();
      await running;
      expect(reflector.health().state).to.equal('stopped');
      expect(clock.pending).to.deep.equal([]);
    });
  }

  it('lets go of who waits for the first list when that one loses interest', async () => {
    start();
    const impatient = new AbortController();
    const wait = failureOf(reflector.waitForSync(impatient.signal));
    impatient.abort();
    expect(isCoded(await wait, 'ABORTED')).to.equal(true);
    await answerList([], '10');
    await reflector.waitForSync(new AbortController().signal);
  });
});
