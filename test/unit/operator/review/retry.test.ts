import { expect } from 'chai';
import fc from 'fast-check';
import { CodedError } from '../../../../crds/errors.ts';
import { type FailedAttempt, retryAfter, withRetries } from '../../../../operator/review/retry.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('the wait that a Retry-After header asks for', () => {
  const now = Date.UTC(2026, 0, 1);
  for (const [header, wait] of [
    [undefined, undefined],
    ['120', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-5x', undefined],
  ] as const) {
    it(`is ${wait} ms for ${header}`, () => {
      expect(retryAfter(header, now)).to.equal(wait);
    });
  }
});

describe('repeating a request', () => {
  const { signal } = new AbortController();
  const failed = (retryAfterMs?: number): FailedAttempt => ({
    error: new CodedError('REVIEWER_UNAVAILABLE', 'it is down'),
    retry: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

  /** How long was waited before each further attempt of a request that keeps failing as told. */
  async function waitsOf(
    pause: number | undefined,
    random: () => number,
    deadline: number,
  ): Promise<number[]> {
    const clock = new FakeClock();
    const waits: number[] = [];
    const outcome = withRetries(async () => failed(pause), { clock, random, signal, deadline }).catch(
      () => 'given up',
    );
    while ((await Promise.race([outcome, clock.untilPending()])) !== 'given up') {
      const [wait = 0] = clock.pending;
      waits.push(wait);
      await clock.advance(wait);
    }
    return waits;
  }

  it('waits longer each time, by chance up to half of it less, and not before it was asked to', async () => {
    const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    const pauses = fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(pauses, fc.array(random, { minLength: 4, maxLength: 4 }), async (pause, chances) => {
        const left = [...chances];
        const waits = await waitsOf(pause, () => left.shift() ?? 0, Number.POSITIVE_INFINITY);
        expect(waits).to.have.length(4);
        for (const [index, wait] of waits.entries()) {
          const most = 500 * 2 ** index;
          expect(wait - (pause ?? 0)).to.be.within(most / 2 - 1e-6, most + 1e-6);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is given up as soon as a wait would outlast the deadline', async () => {
    expect(await waitsOf(undefined, () => 0, 1000)).to.deep.equal([500]);
    expect(await waitsOf(5000, () => 0, 5400)).to.deep.equal([]);
  });

  it('ends at once when it is taken back', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const options = { clock, random: () => 0, signal: controller.signal, deadline: Number.POSITIVE_INFINITY };
    const outcome = withRetries(async () => failed(), options).catch((error: CodedError) => error.code);
    await clock.untilPending();
    controller.abort();
    expect(await outcome).to.equal('ABORTED');
    expect(clock.pending).to.deep.equal([]);
  });
});
