import { expect } from 'chai';
import fc from 'fast-check';
import { Pauses } from '../../../../operator/analysis/pauses.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const FIRST_MS = 1000;
const MAX_MS = 60_000;

describe('the pauses between the tasks of an object', () => {
  it('double with each end of the same kind in a row, up to the longest', () => {
    const ends = fc.constantFrom('failed', 'settled');
    fc.assert(
      fc.property(fc.array(ends, { minLength: 1, maxLength: 20 }), (history) => {
        const pauses = new Pauses({ clock: new FakeClock(), firstMs: FIRST_MS, maxMs: MAX_MS });
        for (const end of history) {
          if (end === 'failed') pauses.failed('shop/web', 'a', new Error('refused'));
          else pauses.settled('shop/web', 'a', '7');
        }
        const last = history.at(-1);
        const row = history.length - 1 - history.findLastIndex((end) => end !== last);
        expect(pauses.waitMs('shop/web', 'a', '7')).to.equal(Math.min(FIRST_MS * 2 ** (row - 1), MAX_MS));
        expect(pauses.failure('shop/web', 'a') === undefined).to.equal(last === 'settled');
      }),
    );
  });

  it('end with another version of the object, but not for a task that failed', () => {
    const pauses = new Pauses({ clock: new FakeClock(), firstMs: FIRST_MS, maxMs: MAX_MS });
    pauses.settled('shop/web', 'a', '7');
    expect(pauses.waitMs('shop/web', 'a', '8')).to.equal(0);
    pauses.failed('shop/web', 'a', new Error('refused'));
    expect(pauses.waitMs('shop/web', 'a', '8')).to.equal(FIRST_MS);
  });

  it('are over after their time', async () => {
    const clock = new FakeClock();
    const pauses = new Pauses({ clock, firstMs: FIRST_MS, maxMs: MAX_MS });
    pauses.failed('shop/web', 'a', new Error('refused'));
    await clock.advance(FIRST_MS);
    expect(pauses.waitMs('shop/web', 'a', '7')).to.equal(0);
  });

  it('do not hold for another object of the same name', () => {
    const pauses = new Pauses({ clock: new FakeClock(), firstMs: FIRST_MS, maxMs: MAX_MS });
    pauses.failed('shop/web', 'a', new Error('refused'));
    expect(pauses.waitMs('shop/web', 'b', '7')).to.equal(0);
    expect(pauses.failure('shop/web', 'b')).to.equal(undefined);
    expect(pauses.failed('shop/web', 'b', new Error('refused'))).to.equal(1);
  });
});
