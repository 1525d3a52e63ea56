import { CodedError } from '../../crds/errors.ts';
import type { HttpAnswer } from './http.ts';
import { httpFailure } from './http-failure.ts';
import type { FailedAttempt } from './retry.ts';

/** How much of an error is looked at, characters. */
const MAX_ERROR = 16_384;

/** Statuses with which servers refuse parameters that they do not know. */
const UNSUPPORTED = new Set([400, 404, 415, 422, 501]);

/** An answer other than 200, as far as it says more than its status. */
export type Refusal = FailedAttempt & {
  /** What the server complains about, where a simpler request may be understood; never shown to anyone. */
  readonly unsupported?: string;
};

/** What the answer other than 200 of an OpenAI-compatible server means; the text names the status and nothing of the body. */
export function refusal(answer: HttpAnswer, model: string, baseURL: URL, now: number): Refusal {
  const subject = `OpenAI-compatible server at ${baseURL.origin}`;
  const { status } = answer;
  const said = answer.text.slice(0, MAX_ERROR);
  const terminal = (code: 'CONFIG_INVALID' | 'REVIEWER_UNAVAILABLE', text: string): Refusal => ({
    error: new CodedError(code, `${subject} ${text} (HTTP ${status})`),
    retry: false,
  });
  if (status === 429 && /insufficient_quota|billing_hard_limit/.test(said)) {
    return terminal('REVIEWER_UNAVAILABLE', "says that the account's quota is spent: check its plan");
  }
  if (!UNSUPPORTED.has(status)) return withMilliseconds(httpFailure(answer, subject, now), answer);
  if (/model_not_found|model.{0,300}(not found|does not exist|not exist)/is.test(said)) {
    return terminal('CONFIG_INVALID', `has no model ${model}: correct openAI.model or OPENAI_MODEL`);
  }
  if (/context.length|context_length_exceeded|maximum context/i.test(said)) {
    return terminal(
      'CONFIG_INVALID',
      `says that prompt and answer are longer than ${model} takes: lower reviewers.limits.maxOutputTokens or maxPromptTokens`,
    );
  }
  const failure =
    status === 404
      ? terminal(
          'CONFIG_INVALID',
          `has neither ${model} nor chat completions there: correct openAI.model, or the path of openAI.baseURL, e.g. /v1`,
        )
      : httpFailure(answer, subject, now);
  return { ...failure, retry: false, unsupported: said };
}

/** OpenAI states the wait also in milliseconds. */
function withMilliseconds(failure: FailedAttempt, { headers }: HttpAnswer): FailedAttempt {
  const text = headers['retry-after-ms'] ?? '';
  return failure.retry && /^\d{1,9}$/.test(text) ? { ...failure, retryAfterMs: Number(text) } : failure;
}
