import { CodedError, isCoded } from '../../crds/errors.ts';
import { AnsweredError } from './answered.ts';
import { type HttpAnswer, isUntrusted } from './http.ts';
import { TEXT } from './messages.ts';
import { type FailedAttempt, retryAfter } from './retry.ts';

/** What an answer other than 200 means; the text names the status and nothing of the body. */
export function httpFailure(answer: HttpAnswer, subject: string, now: number): FailedAttempt {
  const { status } = answer;
  const failure = (code: 'REVIEWER_UNAVAILABLE' | 'REVIEWER_UNAUTHORIZED', text: string): CodedError =>
    new CodedError(code, `${subject}: ${text} (HTTP ${status})`);
  if (status === 401 || status === 403) {
    return {
      error: failure('REVIEWER_UNAUTHORIZED', `${TEXT.authentication}; check the credential`),
      retry: false,
    };
  }
  if (status === 429 || status >= 500) {
    const wait = retryAfter(answer.headers['retry-after'], now);
    return {
      error: failure('REVIEWER_UNAVAILABLE', status === 429 ? 'too many requests' : 'the server failed'),
      retry: true,
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    };
  }
  const text =
    status >= 300 && status < 400
      ? 'it answered with a redirect, which is not followed; correct the URL'
      : 'it refused the request';
  return { error: new AnsweredError(`${subject}: ${text} (HTTP ${status})`), retry: false };
}

/** What a request that got no whole answer means; a certificate that is not trusted will not be so a second later. */
export function transportFailure(error: unknown): FailedAttempt {
  if (!isCoded(error)) throw error;
  if (isUntrusted(error.cause)) {
    const advice =
      'its certificate is not trusted: correct the URL, or name its authority in NODE_EXTRA_CA_CERTS';
    return {
      error: new CodedError(error.code, `${error.message}; ${advice}`, { cause: error }),
      retry: false,
    };
  }
  return { error, retry: error.code === 'REVIEWER_UNAVAILABLE' };
}
