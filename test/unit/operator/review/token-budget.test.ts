import { expect } from 'chai';
import fc from 'fast-check';
import type { CodedError } from '../../../../crds/errors.ts';
import { TokenBudget } from '../../../../operator/review/token-budget.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const FOREVER = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY };

describe('a budget of tokens for each minute', () => {
  it('lets a minute of tokens through at once, and more as the minute goes', async () => {
    const clock = new FakeClock();
    const budget = new TokenBudget(6000, clock);
    await budget.spend(6000, FOREVER);
    const second = budget.spend(1000, FOREVER);
    await clock.untilPending();
    expect(clock.pending).to.deep.equal([10_000]);
    await clock.advance(10_000);
    await second;
  });

  it('counts what it came to instead of what was estimated', async () => {
    const clock = new FakeClock();
    const budget = new TokenBudget(6000, clock);
    (await budget.spend(6000, FOREVER))(1000);
    (await budget.spend(5000, FOREVER))(8000);
    const third = budget.spend(1000, FOREVER);
    await clock.untilPending();
    expect(clock.pending).to.deep.equal([40_000]);
    await clock.advance(40_000);
    await third;
  });

  it('fails at once when the wait would outlast the deadline, and takes nothing then', async () => {
    const clock = new FakeClock();
    const budget = new TokenBudget(6000, clock);
    await budget.spend(6000, FOREVER);
    const error = await budget
      .spend(1000, { ...FOREVER, deadline: 9000 })
      .catch((reason: CodedError) => reason);
    expect(error).to.include({ code: 'REVIEWER_UNAVAILABLE' });
    expect((error as CodedError).message).to.contain('6000 tokens a minute is spent for 10 s');
    expect(clock.pending).to.deep.equal([]);
  });

  it('gives back what was not spent because the wait was taken back', async () => {
    const clock = new FakeClock();
    const budget = new TokenBudget(6000, clock);
    await budget.spend(6000, FOREVER);
    const controller = new AbortController();
    const waiting = budget
      .spend(6000, { ...FOREVER, signal: controller.signal })
      .catch((reason: CodedError) => reason);
    controller.abort();
    expect(await waiting).to.include({ code: 'ABORTED' });
    await clock.advance(60_000);
    await budget.spend(6000, FOREVER);
    expect(clock.pending).to.deep.equal([]);
  });

  it('lets through no more than a minute of tokens and what has come since, in the order of the calls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            tokens: fc.integer({ min: 1, max: 9000 }),
            pause: fc.integer({ min: 0, max: 90_000 }),
          }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        async (calls) => {
          const clock = new FakeClock();
          const perMinute = 6000;
          const budget = new TokenBudget(perMinute, clock);
          const passed: { index: number; spent: number; at: number }[] = [];
          for (const [index, { tokens, pause }] of calls.entries()) {
            await clock.advance(pause);
            void budget.spend(tokens, FOREVER).then(() => {
              passed.push({ index, spent: Math.min(tokens, perMinute), at: clock.monotonic() });
            });
          }
          while (passed.length < calls.length) await clock.advance(60_000);
          expect(passed.map(({ index }) => index)).to.deep.equal(calls.map((_, index) => index));
          for (const [first, from] of passed.entries()) {
            let sum = 0;
            for (const { spent, at } of passed.slice(first)) {
              sum += spent;
              expect(sum).to.be.at.most(perMinute + ((at - from.at) / 60_000) * perMinute + 1e-6 * perMinute);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
