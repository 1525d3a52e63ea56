import { expect } from 'chai';
import { abortedError } from '../../../../crds/client/clock.ts';
import type { KubernetesObject } from '../../../../crds/client/kubernetes-object.ts';
import { Reflector } from '../../../../crds/client/reflector.ts';
import type { ResourceDefinition } from '../../../../crds/client/resource.ts';
import { ResourceClient } from '../../../../crds/client/resource-client.ts';
import { CodedError } from '../../../../crds/errors.ts';
import {
  Controller,
  type ControllerOptions,
  type Reconcile,
  TerminalError,
} from '../../../../operator/kernel/controller.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { json, serveHttp } from '../../../support/http-server.ts';
import { captureLog, type LogCapture } from '../../../support/log-capture.ts';

const pods: ResourceDefinition = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

describe('the controller', () => {
  let clock: FakeClock;
  let log: LogCapture;
  let controller: Controller;
  let stop: AbortController;
  let running: Promise<void>;

  function start(reconcile: Reconcile, options: Partial<ControllerOptions> = {}): void {
    let ids = 0;
    controller = new Controller({
      name: 'test',
      reconcile,
      logger: log.logger,
      clock,
      newID: () => `id-${++ids}`,
      ...options,
    });
    running = controller.run(stop.signal);
  }

  function messages(): unknown[] {
    return log.lines.map((line) => line['message']);
  }

  beforeEach(() => {
    clock = new FakeClock();
    log = captureLog();
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await clock.advance(60_000);
    await running;
  });

  describe('after a reconcile', () => {
    it('that is done forgets the key', async () => {
      let calls = 0;
      start(async () => {
        if (++calls === 1) throw new Error('once');
        return undefined;
      });
      controller.queue.add('shop/a');
      await clock.advance(5);
      expect(calls).to.equal(2);
      expect(controller.queue.retries('shop/a')).to.equal(0);
      expect(clock.pending).to.deep.equal([]);
    });

    it('that fails tries again after a growing wait, and logs the error with key and reconcileID', async () => {
      const error = new CodedError('API_UNREACHABLE', 'no answer', { cause: new Error('socket hang up') });
      start(() => Promise.reject(error));
      controller.queue.add('shop/a');
      await clock.advance(0);
      expect(clock.pending).to.deep.equal([5]);
      await clock.advance(5);
      expect(clock.pending).to.deep.equal([10]);
      const failed = log.lines.filter((line) => line['message'] === 'reconcile failed');
      expect(failed[1]).to.deep.include({
        level: 'error',
        controller: 'test',
        key: 'shop/a',
        reconcileID: 'id-2',
        retries: 2,
      });
      expect(failed[1]?.['error']).to.deep.include({ code: 'API_UNREACHABLE', message: 'no answer' });
    });

    it('that throws instead of rejecting is treated like one that fails', async () => {
      start(() => {
        throw new TypeError('undefined is not a function');
      });
      controller.queue.add('shop/a');
      await clock.advance(0);
      expect(clock.pending).to.deep.equal([5]);
    });

    it('that fails for good logs and does not try again', async () => {
      start(() => Promise.reject(new TerminalError(new CodedError('API_INVALID', 'no such field'))));
      controller.queue.add('shop/a');
      await clock.advance(0);
      expect(messages()).to.include('reconcile failed for good');
      expect(clock.pending).to.deep.equal([]);
      expect(controller.queue.retries('shop/a')).to.equal(0);
    });

    it('that asks for a time comes back then, its back-off over', async () => {
      let calls = 0;
      start(async () => {
        if (++calls === 1) throw new Error('once');
        return { requeueAfterMs: 30_000 };
      });
      controller.queue.add('shop/a');
      await clock.advance(5);
      expect(clock.pending).to.deep.equal([30_000]);
      expect(controller.queue.retries('shop/a')).to.equal(0);
      await clock.advance(30_000);
      expect(calls).to.equal(3);
    });

    it('that asks to come back does so rate-limited', async () => {
      start(async () => ({ requeue: true }));
      controller.queue.add('shop/a');
      await clock.advance(5);
      expect(clock.pending).to.deep.equal([10]);
      expect(messages()).not.to.include('reconcile failed');
    });
  });

  it('works on as many keys at once as it has workers, never on one key twice', async () => {
    const release = new Map<string, () => void>();
    const started: string[] = [];
    start(
      (key) => {
        started.push(key);
        return new Promise((resolve) => void release.set(key, () => resolve(undefined)));
      },
      { workers: 2 },
    );
    for (const key of ['a', 'b', 'c']) controller.queue.add(key);
    await clock.advance(0);
    controller.queue.add('a');
    await clock.advance(0);
    expect(started).to.deep.equal(['a', 'b']);
    release.get('a')?.();
    await clock.advance(0);
    expect(started).to.deep.equal(['a', 'b', 'c']);
    release.get('b')?.();
    await clock.advance(0);
    expect(started).to.deep.equal(['a', 'b', 'c', 'a']);
    for (const end of release.values()) end();
  });

  it("ends a reconcile's signal at its time limit, and tries again", async () => {
    start(
      (_key, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(abortedError(signal))),
        ),
      { reconcileTimeoutMs: 1000 },
    );
    controller.queue.add('a');
    await clock.advance(1000);
    expect(messages()).to.include('reconcile ran out of time');
    expect(clock.pending).to.deep.equal([5]);
  });

  describe('when it is stopped', () => {
    it('takes no more keys and waits for what runs', async () => {
      let finish = (): void => {};
      const worked: string[] = [];
      start((key) => {
        worked.push(key);
        return new Promise((resolve) => {
          finish = () => resolve(undefined);
        });
      });
      controller.queue.add('a');
      controller.queue.add('b');
      await clock.advance(0);
      stop.abort();
      await clock.advance(5000);
      expect(messages()).not.to.include('controller stopped');
      finish();
      await running;
      expect(worked).to.deep.equal(['a']);
      expect(messages()).to.include('controller stopped');
      expect(clock.pending).to.deep.equal([]);
    });

    it('aborts after the grace what does not end by itself, which is no failure', async () => {
      start(
        (_key, { signal }) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(abortedError(signal))),
          ),
        { graceMs: 2000 },
      );
      controller.queue.add('a');
      await clock.advance(0);
      stop.abort();
      await clock.advance(1999);
      expect(messages()).not.to.include('controller stopped');
      await clock.advance(1);
      await running;
      expect(messages()).not.to.include('reconcile failed');
    });

    it('before it began works on nothing', async () => {
      stop.abort();
      start(() => expect.fail('nothing is to be reconciled'));
      controller.queue.add('a');
      await running;
    });
  });

  it('works only when the first list has arrived, on the keys that each change concerns', async () => {
    const answer = Promise.withResolvers<void>();
    const pod = (name: string, owner: string, resourceVersion: string): KubernetesObject => ({
      metadata: { name, namespace: 'shop', uid: name, resourceVersion, labels: { owner } },
    });
    const server = await serveHttp(async (request, response) => {
      if (request.query['watch'] === undefined) {
        await answer.promise;
        json(response, 200, { metadata: { resourceVersion: '5' }, items: [pod('p', 'a', '1')] });
        return;
      }
      response.write(`${JSON.stringify({ type: 'MODIFIED', object: pod('p', 'b', '6') })}\n`);
      response.write(`${JSON.stringify({ type: 'DELETED', object: pod('p', 'c', '7') })}\n`);
    });
    const transport = createKubeTransport(loadKubeConfig({ server: server.url }, {}));
    const reflector = new Reflector({ client: new ResourceClient<KubernetesObject>(transport, pods) });
    const worked: string[] = [];
    const enough = Promise.withResolvers<void>();
    const controllerUnderTest = new Controller({
      name: 'test',
      logger: log.logger,
      clock,
      reconcile: async (key) => {
        worked.push(key);
        if (key === 'owner-c') enough.resolve();
        return undefined;
      },
    });
    controllerUnderTest.watch(reflector, ({ metadata }) => [`owner-${metadata.labels?.['owner']}`]);
    controllerUnderTest.queue.add('early');
    running = Promise.all([controllerUnderTest.run(stop.signal), reflector.run(stop.signal)]).then(() => {});
    await clock.advance(0);
    expect(worked).to.deep.equal([]);
    answer.resolve();
    await enough.promise;
    expect(new Set(worked)).to.deep.equal(new Set(['early', 'owner-a', 'owner-b', 'owner-c']));
    stop.abort();
    await running;
    transport.close();
    await server.close();
  });
});
