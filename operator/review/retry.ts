import { createBackoff } from '../../crds/client/backoff.ts';
import type { Clock } from '../../crds/client/clock.ts';
import { CodedError } from '../../crds/errors.ts';

/** An attempt that failed, and whether another one may succeed. */
export interface FailedAttempt {
  readonly error: CodedError;
  readonly retry: boolean;
  /** How long the other side asked to wait, milliseconds. */
  readonly retryAfterMs?: number;
}

/** How attempts are repeated. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** On {@link Clock.monotonic}: no attempt is waited for that would begin after it. */
  readonly deadline: number;
  /** {@link MAX_ATTEMPTS} when absent. */
  readonly maxAttempts?: number;
}

/** No request is sent more often than this. */
const MAX_ATTEMPTS = 5;

/**
 * Repeats an attempt with jittered back-off, which begins when the time is over that the other side asked for, until it succeeds,
 * cannot succeed, was made so often, or the wait would outlast the deadline; then throws the last failure.
 */
export async function withRetries<T>(
  attempt: () => Promise<{ readonly value: T } | FailedAttempt>,
  options: RetryOptions,
): Promise<T> {
  const { clock, random, signal, deadline, maxAttempts = MAX_ATTEMPTS } = options;
  const backoff = createBackoff({ initialMs: 500, maxMs: 10_000, random });
  for (let count = 1; ; count += 1) {
    const outcome = await attempt();
    if ('value' in outcome) return outcome.value;
    const { error, retry, retryAfterMs = 0 } = outcome;
    if (!retry || count >= maxAttempts) throw error;
    const wait = retryAfterMs + backoff.next();
    if (clock.monotonic() + wait >= deadline) {
      throw retryAfterMs > 0
        ? new CodedError(
            error.code,
            `${error.message}; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s, longer than the time left`,
            { cause: error },
          )
        : error;
    }
    await clock.sleep(wait, signal);
  }
}

/** The wait that a `Retry-After` header asks for, milliseconds: seconds or an HTTP date (RFC 9110 §10.2.3); undefined when absent or malformed. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim()) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
