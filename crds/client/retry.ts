import { CodedError, isCoded } from '../errors.ts';
import { ApiError } from './api-error.ts';
import { createBackoff } from './backoff.ts';
import { abortedError, type Clock, systemClock } from './clock.ts';
import { startDeadline } from './deadline.ts';

/** How {@link retry} tries again; all but the budget optional. */
export interface RetryOptions {
  /** The time for all tries and the waits between them, milliseconds. */
  readonly budgetMs: number;
  /** Ends tries and waits at once. */
  readonly signal?: AbortSignal;
  /** Which failures are worth another try; those whose disposition is `retry` when absent. */
  readonly retryable?: (error: unknown) => boolean;
  /** Told each failure that is tried again, and the wait before that. */
  readonly onRetry?: (error: unknown, delayMs: number) => void;
  /** The first wait; 100 ms when absent. Each next one is twice as long, with jitter. */
  readonly initialMs?: number;
  /** The longest wait that the server did not ask for; 2 s when absent. */
  readonly maxMs?: number;
  readonly clock?: Clock;
  /** In [0, 1); `Math.random` when absent. */
  readonly random?: () => number;
}

/**
 * Does something until it succeeds, fails for good, or the budget is used up; a wait that the server asked for
 * (`retryAfterSeconds`) is kept. The action's signal fires at the end of the budget.
 * @throws what the last try threw; `API_UNREACHABLE` when the only try did not end in time; `ABORTED` when the caller's
 *   signal fired.
 */
export async function retry<R>(
  action: (signal: AbortSignal) => Promise<R>,
  options: RetryOptions,
): Promise<R> {
  const { budgetMs, signal, retryable = isRetryable, clock = systemClock } = options;
  const { initialMs = 100, maxMs = 2000, random = Math.random } = options;
  const backoff = createBackoff({ initialMs, maxMs, random });
  const end = clock.monotonic() + budgetMs;
  const deadline = startDeadline(clock, budgetMs, signal);
  let last: unknown;
  try {
    for (;;) {
      try {
        return await action(deadline.signal);
      } catch (error) {
        if (signal?.aborted) throw isCoded(error, 'ABORTED') ? error : abortedError(signal);
        if (deadline.expired) throw isCoded(error, 'ABORTED') ? (last ?? timedOut(error, budgetMs)) : error;
        if (!retryable(error)) throw error;
        last = error;
      }
      const asked = last instanceof ApiError ? (last.retryAfterSeconds ?? 0) * 1000 : 0;
      const delayMs = Math.max(backoff.next(), asked);
      if (clock.monotonic() + delayMs >= end) throw last;
      options.onRetry?.(last, delayMs);
      await clock.sleep(delayMs, signal);
    }
  } finally {
    deadline.dispose();
  }
}

/** Whether an error's own disposition says that trying again may help. */
export function isRetryable(error: unknown): boolean {
  return isCoded(error) && error.disposition === 'retry';
}

function timedOut(error: CodedError, budgetMs: number): CodedError {
  return new CodedError('API_UNREACHABLE', `no answer within ${budgetMs / 1000} s`, { cause: error });
}
