import { isCoded } from '../../crds/errors.ts';
import type { Agent } from './agent.ts';
import type { HttpAnswer } from './http.ts';
import { httpFailure, transportFailure } from './http-failure.ts';
import { type RetryOptions, withRetries } from './retry.ts';

/** So often is an agent asked how it is before it counts as one that is not there: whoever comes next waits meanwhile. */
const MAX_LOOKS = 3;

/**
 * Asks an agent for something that it only tells (`GET`), again after a network error, 429 and 5xx, for nothing happens there;
 * the answer, whatever its status, is the last one.
 * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_MALFORMED`, `ORIGIN_FORBIDDEN`, `ABORTED`.
 */
export async function look(
  agent: Agent,
  path: string,
  maxBytes: number,
  options: RetryOptions,
): Promise<HttpAnswer> {
  const { clock, signal } = options;
  let last: HttpAnswer | undefined;
  const attempt = async () => {
    last = undefined;
    try {
      last = await agent.request(path, { method: 'GET', signal, maxBytes });
    } catch (error) {
      return transportFailure(error);
    }
    const isPassing = last.status === 429 || last.status >= 500;
    return isPassing ? httpFailure(last, agent.url, clock.now()) : { value: last };
  };
  try {
    return await withRetries(attempt, { maxAttempts: MAX_LOOKS, ...options });
  } catch (error) {
    if (last === undefined || isCoded(error, 'ABORTED')) throw error;
    return last;
  }
}
