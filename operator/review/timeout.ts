import { abortedError, type Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import { CodedError } from '../../crds/errors.ts';
import { deadlineText } from './messages.ts';

/** A time limit on some work. */
export interface TimeLimit {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Begins the message of the time-out: who did not answer. */
  readonly subject: string;
}

/**
 * Runs work that ends with its signal; `deadline` is when, on {@link Clock.monotonic}.
 * @throws CodedError `REVIEWER_UNAVAILABLE` with "context deadline exceeded" at the limit, `ABORTED` when the outer signal fired, else what the work throws.
 */
export async function withinTime<T>(
  { clock, timeoutMs, signal, subject }: TimeLimit,
  work: (signal: AbortSignal, deadline: number) => Promise<T>,
): Promise<T> {
  const limit = startDeadline(clock, timeoutMs, signal);
  try {
    return await work(limit.signal, clock.monotonic() + timeoutMs);
  } catch (error) {
    if (signal.aborted) throw abortedError(signal, 'the review');
    if (!limit.expired) throw error;
    throw new CodedError('REVIEWER_UNAVAILABLE', `${subject}: ${deadlineText(timeoutMs)}`, { cause: error });
  } finally {
    limit.dispose();
  }
}
