import { expect } from 'chai';
import fc from 'fast-check';
import { createBackoff } from '../../../../crds/client/backoff.ts';
import { systemClock } from '../../../../crds/client/clock.ts';
import { startDeadline } from '../../../../crds/client/deadline.ts';
import { isCoded } from '../../../../crds/errors.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { failureOf } from '../../../support/promises.ts';

describe("the system's clock", () => {
  it('does not fire a timer of thirty days at once', async () => {
    let fired = false;
    const cancel = systemClock.setTimer(30 * 24 * 3600 * 1000, () => {
      fired = true;
    });
    await systemClock.sleep(5);
    cancel();
    expect(fired).to.equal(false);
  });

  it('ends a sleep with ABORTED when its signal fires, before or meanwhile', async () => {
    const controller = new AbortController();
    const sleep = failureOf(systemClock.sleep(60_000, controller.signal));
    controller.abort(new Error('reason'));
    const error = await sleep;
    expect(isCoded(error, 'ABORTED')).to.equal(true);
    expect(error.cause).to.equal(controller.signal.reason);
    expect(isCoded(await failureOf(systemClock.sleep(60_000, controller.signal)), 'ABORTED')).to.equal(true);
  });
});

describe('a deadline', () => {
  it('ends at its time limit and says so', async () => {
    const clock = new FakeClock();
    const deadline = startDeadline(clock, 1000);
    await clock.advance(999);
    expect(deadline).to.include({ expired: false });
    await clock.advance(1);
    expect(deadline.signal.aborted).to.equal(true);
    expect(deadline.expired).to.equal(true);
  });

  it('ends with the signal that it follows, which is not its time limit', async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    const deadline = startDeadline(clock, 1000, parent.signal);
    parent.abort('why');
    await clock.advance(2000);
    expect(deadline.signal.reason).to.equal('why');
    expect(deadline.expired).to.equal(false);
  });

  it('does nothing any more once it is disposed of', async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    const deadline = startDeadline(clock, 1000, parent.signal);
    deadline.dispose();
    parent.abort();
    await clock.advance(2000);
    expect(deadline.signal.aborted).to.equal(false);
  });
});

describe('a back-off', () => {
  it('grows between its bounds, whatever the jitter, and starts again after a reset', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
          minLength: 12,
          maxLength: 12,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (randoms, jitter) => {
          const draws = randoms.values();
          const random = (): number => draws.next().value ?? 0;
          const backoff = createBackoff({ initialMs: 100, maxMs: 3000, jitter, random });
          for (let index = 0; index < 10; index++) {
            const whole = Math.min(100 * 2 ** index, 3000);
            const delay = backoff.next();
            expect(delay).to.be.at.most(whole);
            expect(delay).to.be.at.least(whole * (1 - jitter));
          }
          backoff.reset();
          expect(backoff.next()).to.be.at.most(100);
        },
      ),
    );
  });
});
