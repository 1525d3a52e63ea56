import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { createCluster, PodWatch } from '../../../../operator/evidence/index.ts';
import type { Subject } from '../../../../operator/evidence/subjects.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { json, refuse, serveHttp, type TestServer } from '../../../support/http-server.ts';

const REVISIONS: Subject = {
  stable: { kind: 'revision', owner: 'rollout', hash: 'h1' },
  canary: { kind: 'revision', owner: 'rollout', hash: 'h2' },
};

function replicaSet(hash: string) {
  return {
    metadata: {
      name: `web-${hash}`,
      uid: `set-${hash}`,
      labels: { 'rollouts-pod-template-hash': hash },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Rollout', name: 'web', uid: 'rollout', controller: true }],
    },
  };
}

function pod(name: string, hash: string, resourceVersion = '1') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      resourceVersion,
      labels: { 'rollouts-pod-template-hash': hash },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `web-${hash}`,
          uid: `set-${hash}`,
          controller: true,
        },
      ],
    },
  };
}

const KNOWN = {
  stable: { replicaSets: [replicaSet('h1')], pods: [], leftOut: 0 },
  canary: { replicaSets: [replicaSet('h2')], pods: [], leftOut: 0 },
};

describe('a watch on the pods of an analysis', () => {
  let server: TestServer;
  let transport: KubeTransport;
  let mayWatch: boolean;
  let opened: PromiseWithResolvers<ServerResponse>;
  let clock: FakeClock;
  let stopping: AbortController;
  let running: Promise<void>;

  before(async () => {
    server = await serveHttp((request, response) => {
      if (request.query['watch'] !== 'true') {
        return json(response, 200, {
          kind: 'PodList',
          apiVersion: 'v1',
          metadata: { resourceVersion: '5' },
          items: [pod('old-1', 'h1'), pod('new-1', 'h2')],
        });
      }
      if (!mayWatch) return refuse(response, 403, 'Forbidden', 'pods is forbidden');
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      opened.resolve(response);
    });
    transport = createKubeTransport(loadKubeConfig({ server: server.url }, {}));
  });
  beforeEach(() => {
    mayWatch = true;
    opened = Promise.withResolvers();
    clock = new FakeClock();
    stopping = new AbortController();
    server.seen.length = 0;
  });
  afterEach(async () => {
    stopping.abort();
    await running;
  });
  after(async () => {
    transport.close();
    await server.close();
  });

  function start(subject = REVISIONS): PodWatch {
    const watch = new PodWatch(createCluster(transport, clock), 'shop', subject, KNOWN);
    running = watch.run(stopping.signal);
    return watch;
  }

  const names = (watch: PodWatch) => ({
    stable: watch.sides?.stable.pods.map(({ metadata }) => metadata.name),
    canary: watch.sides?.canary.pods.map(({ metadata }) => metadata.name),
  });

  function send(response: ServerResponse, type: string, object: unknown): void {
    response.write(`${JSON.stringify({ type, object })}\n`);
  }

  it('asks for the pods of both revisions at once, and tells which side each is on', async () => {
    const watch = start();
    expect(watch.sides).to.equal(undefined);
    await opened.promise;
    expect(names(watch)).to.deep.equal({ stable: ['old-1'], canary: ['new-1'] });
    expect(server.seen.map(({ query }) => query['labelSelector'])).to.deep.equal([
      'rollouts-pod-template-hash in (h1,h2)',
      'rollouts-pod-template-hash in (h1,h2)',
    ]);
  });

  it('wakes at each change, also at one that came before the wait', async () => {
    const watch = start();
    const response = await opened.promise;
    await watch.changed(1e9, stopping.signal);
    send(response, 'ADDED', pod('new-2', 'h2', '6'));
    await watch.changed(1e9, stopping.signal);
    expect(names(watch).canary).to.deep.equal(['new-1', 'new-2']);
    send(response, 'DELETED', pod('new-1', 'h2', '7'));
    await watch.changed(1e9, stopping.signal);
    expect(names(watch).canary).to.deep.equal(['new-2']);
  });

  it('wakes when the time is over, and ends with its signal', async () => {
    const watch = start();
    await opened.promise;
    await watch.changed(1e9, stopping.signal);
    const waiting = watch.changed(1000, stopping.signal);
    await clock.advance(1000);
    await waiting;
    const ended = watch.changed(1000, stopping.signal).catch((error: unknown) => error);
    stopping.abort();
    expect(await ended).to.have.property('code', 'ABORTED');
  });

  it('has nothing to tell where it may not watch', async () => {
    mayWatch = false;
    const watch = start();
    while (watch.sides !== undefined || !server.seen.some(({ query }) => query['watch'] === 'true'))
      await turn();
    expect(watch.sides).to.equal(undefined);
  });

  it('asks for given selectors, one watch each', async () => {
    start({
      stable: { kind: 'selector', selector: 'role=stable' },
      canary: { kind: 'selector', selector: 'role=canary' },
    });
    await opened.promise;
    const asked = new Set(server.seen.map(({ query }) => query['labelSelector']));
    expect([...asked].sort()).to.deep.equal(['role=canary', 'role=stable']);
  });
});
