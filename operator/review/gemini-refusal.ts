import { CodedError } from '../../crds/errors.ts';
import type { HttpAnswer } from './http.ts';
import { httpFailure } from './http-failure.ts';
import { TEXT } from './messages.ts';
import type { FailedAttempt } from './retry.ts';

/** What Google's answer other than 200 means: a wrong key is a 400 there, and the pause of a 429 stands in the body. */
export function refusal(answer: HttpAnswer, model: string, baseURL: URL, now: number): FailedAttempt {
  const subject = `Gemini at ${baseURL.origin}`;
  const failure = httpFailure(answer, subject, now);
  const details = errorDetails(answer.text);
  if (answer.status === 400 && details.some(({ reason }) => reason === 'API_KEY_INVALID')) {
    return {
      error: new CodedError(
        'REVIEWER_UNAUTHORIZED',
        `${subject}: ${TEXT.authentication}; the API key is not valid: check GOOGLE_API_KEY`,
      ),
      retry: false,
    };
  }
  if (answer.status === 404) {
    return {
      error: new CodedError('CONFIG_INVALID', `${subject} has no model ${model}: correct gemini.model`),
      retry: false,
    };
  }
  const delay = details
    .map(({ retryDelay }) => /^(\d{1,6}(?:\.\d+)?)s$/.exec(String(retryDelay))?.[1])
    .find(Boolean);
  return delay === undefined || failure.retryAfterMs !== undefined
    ? failure
    : { ...failure, retryAfterMs: Number(delay) * 1000 };
}

/** `error.details` of google.rpc.Status, as far as it can be read. */
function errorDetails(body: string): { readonly reason?: unknown; readonly retryDelay?: unknown }[] {
  try {
    const details = (JSON.parse(body) as { error?: { details?: unknown } }).error?.details;
    return Array.isArray(details)
      ? details.filter((detail) => typeof detail === 'object' && detail !== null)
      : [];
  } catch {
    return [];
  }
}
