import { CodedError } from '../../crds/errors.ts';
import { exchange, type HttpAnswer, type HttpOptions, type HttpRequest } from './http.ts';
import type { Said } from './model.ts';
import { withoutSecret } from './without-secret.ts';

/** An opinion takes a few kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Whom an SDK may call, and how. */
export interface Callee {
  /** Begins messages: `Gemini`. */
  readonly subject: string;
  /** What a good answer is, for messages: `chat completion`. */
  readonly answer: string;
  /** Vetted; no other origin is called. */
  readonly baseURL: URL;
  /** Taken out of what the model says. */
  readonly apiKey: string | undefined;
  /** The headers of a request, given those that the SDK would send. */
  readonly headers: (sdk: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly http: HttpOptions;
}

/**
 * Has an SDK call a model with a `fetch` of ours, which follows no redirect, reads a bounded body and shows the SDK successes
 * alone: none of its errors, which quote what they got, is told on.
 * @returns what the model said, or the HTTP answer when its status is not 200. What came over any other connection is no answer.
 * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_MALFORMED`, `ORIGIN_FORBIDDEN`, `ABORTED`.
 */
export async function overOwnConnection(
  callee: Callee,
  ask: (fetch: typeof globalThis.fetch) => Promise<Said>,
): Promise<Said | { readonly refused: HttpAnswer }> {
  const { subject, answer, baseURL, apiKey } = callee;
  let outcome: HttpAnswer | undefined;
  let failure: unknown;
  const ownFetch: typeof globalThis.fetch = async (input, init = {}) => {
    try {
      outcome = await exchange(requestOf(callee, input, init), callee.http);
    } catch (error) {
      failure = error;
      throw error;
    }
    if (outcome.status !== 200) throw new Error('refused');
    return new Response(outcome.text, { status: 200, headers: { 'content-type': 'application/json' } });
  };
  try {
    const said = await ask(ownFetch);
    if (outcome?.status !== 200) throw new Error('the SDK did not ask through our connection');
    return { ...said, text: withoutSecret(said.text, apiKey) };
  } catch {
    if (failure !== undefined) throw failure;
    if (outcome !== undefined && outcome.status !== 200) return { refused: outcome };
    throw new CodedError(
      'REVIEWER_MALFORMED',
      `${subject} at ${baseURL.origin} answered something that is not a ${answer}`,
    );
  }
}

function requestOf(
  { subject, baseURL, headers, signal }: Callee,
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
): HttpRequest {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.origin !== baseURL.origin) {
    throw new CodedError('ORIGIN_FORBIDDEN', `${url.origin} is not where ${subject} was configured`);
  }
  return {
    method: 'POST',
    url,
    headers: headers(Object.fromEntries(new Headers(init.headers))),
    body: String(init.body),
    signal,
    maxBytes: MAX_ANSWER_BYTES,
  };
}
