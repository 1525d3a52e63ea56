import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { ResourceClient } from '../../../../crds/client/resource-client.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import {
  type ElectionEnd,
  type LeaderElectionOptions,
  LeaderElector,
} from '../../../../operator/kernel/leader-election.ts';
import { LEASES, type LeaseObject } from '../../../../operator/kernel/leader-election-lease.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { json, refuse, serveHttp } from '../../../support/http-server.ts';
import { captureLog } from '../../../support/log-capture.ts';
import { failureOf } from '../../../support/promises.ts';
import { type Fate, LEASE, LeaseStore } from './leader-election-store.ts';

/** A process that wants to lead; its work goes on until it is told to stop, and then for `windDown` more. */
class Candidate {
  readonly stop = new AbortController();
  readonly elector: LeaderElector;
  readonly end: Promise<ElectionEnd>;
  fate: Fate = { before: 0, after: 0 };
  working = false;
  /** Why the work's signal fired. */
  told: unknown;
  ended: ElectionEnd | undefined;
  windDown: Promise<void> = Promise.resolve();
  readonly log = captureLog();

  constructor(
    clock: FakeClock,
    store: LeaseStore,
    identity: string,
    options: Partial<LeaderElectionOptions> = {},
    onLead: () => void = () => {},
  ) {
    this.elector = new LeaderElector({
      client: store.client(clock, () => this.fate),
      lease: LEASE,
      identity,
      logger: this.log.logger,
      clock,
      random: () => 0.5,
      ...options,
    });
    this.end = this.elector.run(this.stop.signal, async (signal) => {
      this.working = true;
      onLead();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      this.told = signal.reason;
      await this.windDown;
      this.working = false;
    });
    this.end.then(
      (end) => {
        this.working = false;
        this.ended = end;
      },
      () => {
        this.working = false;
      },
    );
  }

  get messages(): unknown[] {
    return this.log.lines.map(({ message }) => message);
  }
}

const GONE: Fate = { before: 0, after: 0, lost: 'request' };

describe('leader election', () => {
  let clock: FakeClock;
  let store: LeaseStore;
  let candidates: Candidate[];

  function candidate(identity: string, options: Partial<LeaderElectionOptions> = {}): Candidate {
    const made = new Candidate(clock, store, identity, options);
    candidates.push(made);
    return made;
  }

  beforeEach(() => {
    clock = new FakeClock();
    store = new LeaseStore();
    candidates = [];
  });

  afterEach(async () => {
    for (const { stop } of candidates) stop.abort();
    await clock.advance(60_000);
    await Promise.allSettled(candidates.map(({ end }) => end));
  });

  it('makes the first candidate leader and keeps the second waiting while the first renews', async () => {
    const a = candidate('a');
    await clock.advance(1000);
    const b = candidate('b');
    await clock.advance(300_000);
    expect([a.working, b.working]).to.deep.equal([true, false]);
    expect([a.elector.leading, b.elector.leading]).to.deep.equal([true, false]);
    expect(store.lease?.spec).to.deep.include({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2026-01-01T00:00:00.000000Z',
    });
    expect(store.lease?.spec?.renewTime).to.match(/^2026-01-01T00:05:\d\d\.\d{6}Z$/);
  });

  it('hands over within one retry when the leader is told to stop, after its work has ended', async () => {
    const a = candidate('a');
    await clock.advance(1000);
    const b = candidate('b');
    const { promise, resolve } = Promise.withResolvers<void>();
    a.windDown = promise;
    await clock.advance(5000);
    a.stop.abort();
    await clock.advance(60_000);
    expect(a.working, 'still winding down').to.equal(true);
    expect(b.working).to.equal(false);
    resolve();
    await clock.advance(0);
    expect(await a.end).to.equal('released');
    expect(store.lease?.spec).to.include({ holderIdentity: '', leaseDurationSeconds: 1 });
    await clock.advance(4400);
    expect(b.working).to.equal(true);
    expect(store.lease?.spec).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('takes over from a leader that vanished, one lease after the last renewal that was seen', async () => {
    const a = candidate('a');
    const b = candidate('b', { random: () => 0 });
    await clock.advance(10_000);
    a.fate = GONE;
    await clock.advance(14_000);
    expect(a.ended).to.equal('lost');
    expect(b.working).to.equal(false);
    await clock.advance(5000);
    expect(b.working).to.equal(true);
    expect(store.lease?.spec).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('gives up at the renew deadline, before others may lead', async () => {
    const a = candidate('a');
    await clock.advance(0);
    a.fate = GONE;
    await clock.advance(9999);
    expect([a.working, a.elector.leading]).to.deep.equal([true, true]);
    await clock.advance(1);
    expect(await a.end).to.equal('lost');
    expect(a.elector.leading).to.equal(false);
    expect(a.told).to.have.property('code', 'ABORTED');
    expect(a.messages.filter((message) => message === 'the lease could not be renewed')).to.have.lengthOf(4);
    expect(a.log.lines.find(({ level }) => level === 'error')).to.include({
      message: 'lost the leadership',
      reason: 'it was not renewed in time',
      lease: `${LEASE.namespace}/${LEASE.name}`,
      identity: 'a',
    });
    expect(store.lease?.spec, 'what is lost is not given back').to.include({ holderIdentity: 'a' });
  });

  it('does not wait for the work of a leadership that is lost', async () => {
    const a = candidate('a');
    a.windDown = new Promise(() => {});
    await clock.advance(0);
    a.fate = GONE;
    await clock.advance(10_000);
    expect(await a.end).to.equal('lost');
  });

  it('outlasts an outage that is shorter than the renew deadline', async () => {
    const a = candidate('a');
    await clock.advance(0);
    a.fate = GONE;
    await clock.advance(7000);
    a.fate = { before: 0, after: 0 };
    await clock.advance(60_000);
    expect(a.working).to.equal(true);
    expect(store.lease?.spec?.leaseTransitions).to.equal(0);
  });

  it('cuts a request that hangs at half the renew deadline, in time for another', async () => {
    const a = candidate('a');
    await clock.advance(0);
    a.fate = { before: 3_600_000, after: 0 };
    await clock.advance(2001);
    a.fate = { before: 0, after: 0 };
    await clock.advance(60_000);
    expect(a.working).to.equal(true);
  });

  it('goes on when the answer to a renewal is lost', async () => {
    const a = candidate('a');
    await clock.advance(0);
    a.fate = { before: 0, after: 0, lost: 'answer' };
    await clock.advance(2000);
    a.fate = { before: 0, after: 0 };
    await clock.advance(60_000);
    expect(a.working).to.equal(true);
  });

  it("goes on over somebody's label, also when it gives the lease back", async () => {
    const a = candidate('a');
    await clock.advance(1000);
    store.touch();
    await clock.advance(60_000);
    expect(a.working).to.equal(true);
    store.touch();
    a.stop.abort();
    await clock.advance(0);
    expect(await a.end).to.equal('released');
    expect(store.lease?.spec).to.include({ holderIdentity: '' });
  });

  it('is lost at once when the lease has another holder', async () => {
    const a = candidate('a');
    await clock.advance(1000);
    store.patch({ spec: { holderIdentity: 'by-hand' } });
    await clock.advance(1000);
    expect(await a.end).to.equal('lost');
    expect(store.lease?.spec).to.include({ holderIdentity: 'by-hand' });
  });

  it('is lost at once when the lease was deleted', async () => {
    const a = candidate('a');
    await clock.advance(1000);
    store.lease = undefined;
    await clock.advance(1000);
    expect(await a.end).to.equal('lost');
  });

  it('lets one of two win that try at the same moment', async () => {
    for (const round of ['create', 'patch']) {
      const [a, b] = [candidate(`${round}-a`), candidate(`${round}-b`)];
      await clock.advance(10_000);
      expect([a, b].filter(({ working }) => working)).to.have.lengthOf(1);
      expect([...a.log.lines, ...b.log.lines].filter(({ level }) => level === 'warn')).to.deep.equal([]);
      for (const { stop } of [a, b]) stop.abort();
      await clock.advance(10_000);
    }
  });

  it('takes a lease at once whose holder is itself: an answer was lost', async () => {
    const a = candidate('a');
    a.fate = { before: 0, after: 0, lost: 'answer' };
    await clock.advance(1000);
    a.fate = { before: 0, after: 0 };
    await clock.advance(4400);
    expect(a.working).to.equal(true);
    expect(store.lease?.spec?.leaseTransitions).to.equal(0);
  });

  it('says a trouble once, and becomes leader when it has passed', async () => {
    const a = candidate('a');
    a.fate = GONE;
    await clock.advance(60_000);
    expect(a.log.lines.filter(({ level }) => level === 'warn')).to.have.lengthOf(1);
    a.fate = { before: 0, after: 0 };
    await clock.advance(5000);
    expect(a.working).to.equal(true);
  });

  it('ends a candidacy that never led when it is told to stop', async () => {
    candidate('a');
    await clock.advance(0);
    const b = candidate('b');
    await clock.advance(10_000);
    b.stop.abort();
    await clock.advance(0);
    expect(await b.end).to.equal('cancelled');
    expect(b.messages).not.to.include('became leader');
  });

  it('gives the lease back when the work fails, and passes the failure on', async () => {
    const elector = new LeaderElector({
      client: store.client(clock, () => ({ before: 0, after: 0 })),
      lease: LEASE,
      identity: 'a',
      logger: captureLog().logger,
      clock,
    });
    const failed = failureOf(
      elector.run(new AbortController().signal, () => Promise.reject(new Error('broken'))),
    );
    await clock.advance(0);
    expect((await failed).message).to.equal('broken');
    expect(store.lease?.spec).to.include({ holderIdentity: '' });
  });

  it('refuses times that could make two leaders', () => {
    const make = (options: Partial<LeaderElectionOptions>) => () => candidate('a', options);
    expect(make({ leaseDurationMs: 10_000 })).to.throw('must last longer than the renew deadline');
    expect(make({ retryPeriodMs: 5001 })).to.throw('at least twice the retry period');
    expect(make({ retryPeriodMs: 0 })).to.throw('leader election');
  });

  it('never has two leaders, whatever happens to requests, and has one again when all is calm', async () => {
    const delay = fc.oneof(
      { weight: 6, arbitrary: fc.nat(50) },
      { weight: 2, arbitrary: fc.nat(4000) },
      { weight: 1, arbitrary: fc.nat(30_000) },
    );
    const lost = fc.constantFrom<(Fate['lost'] | undefined)[]>(
      undefined,
      undefined,
      undefined,
      'request',
      'answer',
    );
    const fate = fc
      .record({ before: delay, after: delay, lost })
      .map(({ lost: how, ...rest }): Fate => (how === undefined ? rest : { ...rest, lost: how }));
    const trouble = fc.record({
      fates: fc.array(fate, { maxLength: 60 }),
      outages: fc.array(fc.tuple(fc.nat(110_000), fc.integer({ min: 1, max: 30_000 })), { maxLength: 3 }),
      stops: fc.array(fc.nat(110_000), { maxLength: 3 }),
      windDownMs: fc.nat(12_000),
      skewMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
      jitter: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 5 }),
    });
    let handovers = 0;
    let losses = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { minLength: 2, maxLength: 4 }), async (troubles) => {
        const world = await live(troubles);
        handovers += world.leaders - 1;
        losses += world.losses;
        expect(world.most, 'leaders at one time').to.equal(1);
        expect(world.atTheEnd, 'leaders when all was calm').to.equal(1);
      }),
      { numRuns: 200 },
    );
    expect(handovers).to.be.greaterThan(20);
    expect(losses).to.be.greaterThan(5);
  });

  interface Trouble {
    readonly fates: readonly Fate[];
    readonly outages: readonly (readonly [from: number, ms: number])[];
    readonly stops: readonly number[];
    readonly windDownMs: number;
    /** How far the wall clock of the process is off. */
    readonly skewMs: number;
    readonly jitter: readonly number[];
  }

  /** Two minutes of trouble for processes that start again whenever they end, then 90 s of calm. */
  async function live(troubles: readonly Trouble[]) {
    const time = new FakeClock();
    const world = new LeaseStore();
    const tally = { most: 0, leaders: 0, losses: 0, atTheEnd: 0 };
    const calm = 120_000;
    const processes = troubles.map(() => undefined as Candidate | undefined);
    const leaders = (): number => processes.filter((process) => process?.working).length;
    const start = (index: number, trouble: Trouble, life: number): void => {
      let calls = life * 7;
      let tries = 0;
      const fate = (): Fate => {
        const now = time.monotonic();
        if (now >= calm) return { before: 1, after: 1 };
        if (trouble.outages.some(([from, ms]) => now >= from && now < from + ms)) return GONE;
        return trouble.fates[calls++] ?? { before: 1, after: 1 };
      };
      const process = new Candidate(
        time,
        world,
        `${index}-${life}`,
        {
          client: world.client(time, fate),
          clock: {
            now: () => time.now() + trouble.skewMs,
            monotonic: () => time.monotonic(),
            sleep: (ms, signal) => time.sleep(ms, signal),
            setTimer: (ms, callback) => time.setTimer(ms, callback),
          },
          random: () => trouble.jitter[tries++ % trouble.jitter.length] ?? 0,
        },
        () => {
          tally.leaders++;
          tally.most = Math.max(tally.most, leaders());
        },
      );
      process.windDown = time.sleep(0);
      process.stop.signal.addEventListener('abort', () => {
        process.windDown = time.sleep(trouble.windDownMs);
      });
      processes[index] = process;
      process.end.then((end) => {
        if (end === 'lost') tally.losses++;
        if (time.monotonic() < calm + 60_000) start(index, trouble, life + 1);
      });
    };
    for (const [index, trouble] of troubles.entries()) {
      start(index, trouble, 0);
      for (const at of trouble.stops) time.setTimer(at, () => processes[index]?.stop.abort());
    }
    await time.advance(calm + 90_000);
    tally.atTheEnd = leaders();
    for (const process of processes) process?.stop.abort();
    await time.advance(60_000);
    return tally;
  }

  describe('over HTTP', () => {
    it('writes Leases that an API server takes, and hands over', async () => {
      const server = await serveHttp((request, response) => {
        const answer = (act: () => LeaseObject): void => {
          try {
            json(response, 200, { ...act(), apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' });
          } catch (error) {
            const { status = 500, reason = '' } = error as { status?: number; reason?: string };
            refuse(response, status, reason, 'refused', { name: LEASE.name });
          }
        };
        const body = request.body === '' ? {} : JSON.parse(request.body);
        if (request.method === 'GET') answer(() => store.get());
        else if (request.method === 'POST') answer(() => store.create(body));
        else answer(() => store.patch(body));
      });
      const transport = createKubeTransport(loadKubeConfig({ server: server.url }, {}));
      const real = new ResourceClient<LeaseObject>(transport, LEASES);
      let inFlight = 0;
      const counted = async <R>(call: Promise<R>): Promise<R> => {
        inFlight++;
        return call.finally(() => inFlight--);
      };
      const client: LeaderElectionOptions['client'] = {
        get: (...args) => counted(real.get(...args)),
        create: (...args) => counted(real.create(...args)),
        patch: (...args) => counted(real.patch(...args)),
      };
      const pass = async (ms: number): Promise<void> => {
        for (let passed = 0; passed < ms; passed += 200) {
          await clock.advance(200);
          while (inFlight > 0) await setImmediate();
        }
      };
      try {
        const a = candidate('a', { client });
        await pass(1000);
        const b = candidate('b', { client });
        await pass(20_000);
        expect([a.working, b.working]).to.deep.equal([true, false]);
        a.stop.abort();
        await pass(6000);
        expect([a.ended, b.working]).to.deep.equal(['released', true]);
        b.stop.abort();
        await pass(1000);
        expect(b.ended).to.equal('released');
      } finally {
        transport.close();
        await server.close();
      }
      const path = '/apis/coordination.k8s.io/v1/namespaces/canary-analysis/leases';
      const created = server.seen.find(({ method }) => method === 'POST');
      expect(created?.path).to.equal(path);
      expect(JSON.parse(created?.body ?? '')).to.include({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
      });
      const patches = server.seen.filter(({ method }) => method === 'PATCH');
      expect(patches.every((patch) => patch.path === `${path}/${LEASE.name}`)).to.equal(true);
      for (const { body } of patches) {
        expect(JSON.parse(body).metadata).to.have.all.keys('name', 'uid', 'resourceVersion');
      }
    });
  });
});
