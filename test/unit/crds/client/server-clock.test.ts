import { expect } from 'chai';
import fc from 'fast-check';
import { followServerClock } from '../../../../crds/client/server-clock.ts';
import type { Transport } from '../../../../crds/client/transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const REQUEST = { method: 'GET', path: '/api' } as const;

/** A server whose clock is ahead by so much, and whose answers take a while to arrive and to come back. */
function served(clock: FakeClock, of: { aheadMs: number; wayMs?: number; date?: string }): Transport {
  return {
    async request() {
      await clock.advance(of.wayMs ?? 0);
      const date = of.date ?? new Date(clock.now() + of.aheadMs).toUTCString();
      await clock.advance(of.wayMs ?? 0);
      return { status: 200, headers: { date }, body: (async function* () {})() };
    },
  };
}

describe("the API server's time", () => {
  it('is our own while both clocks may agree', async () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1) + 700);
    const follower = followServerClock(served(clock, { aheadMs: 0, wayMs: 40 }), clock);
    await follower.transport.request(REQUEST);
    expect(follower.offsetMs).to.equal(0);
    expect(follower.clock.now()).to.equal(clock.now());
  });

  it('is told by the Date of an answer where they do not, to two seconds and the time on the way', async () => {
    const size = fc.integer({ min: -1e9, max: 1e9 });
    await fc.assert(
      fc.asyncProperty(size, fc.nat(3000), fc.nat(999), async (aheadMs, wayMs, part) => {
        const clock = new FakeClock(Date.UTC(2026, 0, 1) + part);
        const follower = followServerClock(served(clock, { aheadMs, wayMs }), clock);
        await follower.transport.request(REQUEST);
        expect(Math.abs(follower.offsetMs - aheadMs)).to.be.at.most(2000 + wayMs);
        expect(Math.abs(follower.offsetMs)).to.be.at.most(Math.abs(aheadMs) + 2000 + wayMs);
      }),
      { numRuns: 50 },
    );
  });

  it('stays as it is when an answer has no Date or a senseless one', async () => {
    const clock = new FakeClock();
    const follower = followServerClock(served(clock, { aheadMs: 0, date: 'soon' }), clock);
    await follower.transport.request(REQUEST);
    expect(follower.offsetMs).to.equal(0);
  });

  it('leaves durations alone', async () => {
    const clock = new FakeClock();
    const follower = followServerClock(served(clock, { aheadMs: 60_000 }), clock);
    await follower.transport.request(REQUEST);
    expect(follower.clock.now() - clock.now()).to.be.within(57_000, 60_000);
    const slept = follower.clock.sleep(10);
    await clock.advance(10);
    await slept;
    expect(follower.clock.monotonic()).to.equal(clock.monotonic());
  });
});
