import { expect } from 'chai';
import { ApiError } from '../../../../crds/client/api-error.ts';
import { abortedError } from '../../../../crds/client/clock.ts';
import { type RetryOptions, retry } from '../../../../crds/client/retry.ts';
import { CodedError, isCoded } from '../../../../crds/errors.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { failureOf } from '../../../support/promises.ts';

const unreachable = new CodedError('API_UNREACHABLE', 'no answer');

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortedError(signal)), { once: true });
  });
}

describe('trying again', () => {
  let clock: FakeClock;
  let tries: number;
  let options: RetryOptions;

  beforeEach(() => {
    clock = new FakeClock();
    tries = 0;
    options = { budgetMs: 8000, clock, random: () => 0 };
  });

  it('gives the first success, after waits that double up to their limit', async () => {
    const waits: number[] = [];
    const result = retry(
      async () => {
        if (++tries < 7) throw unreachable;
        return 'done';
      },
      { ...options, onRetry: (_error, delayMs) => void waits.push(delayMs) },
    );
    await clock.advance(8000);
    expect(await result).to.equal('done');
    expect(waits).to.deep.equal([100, 200, 400, 800, 1600, 2000]);
  });

  it('throws at once what trying again cannot help', async () => {
    const invalid = new CodedError('API_INVALID', 'no such field');
    const error = await failureOf(
      retry(async () => {
        tries++;
        throw invalid;
      }, options),
    );
    expect(error).to.equal(invalid);
    expect(tries).to.equal(1);
  });

  it('throws a bug at once', async () => {
    const bug = new TypeError('x is not a function');
    expect(await failureOf(retry(() => Promise.reject(bug), options))).to.equal(bug);
  });

  it('leaves to the caller what is worth another try', async () => {
    const error = await failureOf(
      retry(
        async () => {
          tries++;
          throw new CodedError('API_FORBIDDEN', 'no right');
        },
        { ...options, retryable: (caught) => isCoded(caught, 'API_UNREACHABLE') },
      ),
    );
    expect(isCoded(error, 'API_FORBIDDEN')).to.equal(true);
    expect(tries).to.equal(1);
  });

  it('does not begin a wait that outlasts the budget', async () => {
    const result = failureOf(
      retry(async () => {
        tries++;
        throw unreachable;
      }, options),
    );
    await clock.advance(7100);
    expect(await result).to.equal(unreachable);
    expect(tries).to.equal(8);
    expect(clock.pending).to.deep.equal([]);
  });

  it('waits as long as the server asks, and not at all when that is too long', async () => {
    const throttled = (seconds: number): ApiError =>
      new ApiError('API_THROTTLED', 'later', { status: 429, retryAfterSeconds: seconds });
    const waited = retry(async () => {
      if (++tries === 1) throw throttled(5);
      return clock.monotonic();
    }, options);
    await clock.advance(5000);
    expect(await waited).to.equal(5000);
    const error = throttled(9);
    expect(await failureOf(retry(() => Promise.reject(error), options))).to.equal(error);
  });

  it('ends a try that hangs at the end of the budget, and tells the failure before it', async () => {
    const result = failureOf(
      retry((signal) => (++tries === 1 ? Promise.reject(unreachable) : untilAborted(signal)), options),
    );
    await clock.advance(8000);
    expect(await result).to.equal(unreachable);
  });

  it('says that there was no answer when the only try hangs', async () => {
    const result = failureOf(retry(untilAborted, options));
    await clock.advance(8000);
    const error = await result;
    expect(isCoded(error, 'API_UNREACHABLE')).to.equal(true);
    expect(error.message).to.equal('no answer within 8 s');
  });

  for (const moment of ['a try', 'a wait'] as const) {
    it(`ends with ABORTED when the caller's signal fires during ${moment}`, async () => {
      const caller = new AbortController();
      const result = failureOf(
        retry((signal) => (moment === 'a try' ? untilAborted(signal) : Promise.reject(unreachable)), {
          ...options,
          signal: caller.signal,
        }),
      );
      await clock.untilPending(moment === 'a try' ? 1 : 2);
      caller.abort();
      expect(isCoded(await result, 'ABORTED')).to.equal(true);
      expect(clock.pending).to.deep.equal([]);
    });
  }
});
