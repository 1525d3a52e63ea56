import { type Content, type GenerationConfig, GoogleGenerativeAI } from '@google/generative-ai';
import { CodedError } from '../../crds/errors.ts';
import { exchange, type HttpAnswer, type HttpOptions } from './http.ts';
import { type Said, tokenCount } from './model.ts';
import { withoutSecret } from './without-secret.ts';

/** One `generateContent` call. */
export interface GeminiCall {
  /** Vetted; a path is kept, the API version is appended. */
  readonly baseURL: URL;
  readonly apiKey: string;
  readonly model: string;
  readonly system: string;
  readonly generationConfig: GenerationConfig;
  readonly contents: Content[];
  readonly signal: AbortSignal;
  readonly http: HttpOptions;
}

/** An opinion takes a few kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Calls the model through Google's SDK over our own connection, which follows no redirect and reads a bounded body.
 * @returns the text, or the HTTP answer when its status is not 200. What came over any other connection is no answer.
 * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_MALFORMED`, `ORIGIN_FORBIDDEN`, `ABORTED`.
 */
export async function generate(call: GeminiCall): Promise<Said | { readonly refused: HttpAnswer }> {
  const { baseURL, apiKey, model, system, generationConfig, contents } = call;
  let outcome: HttpAnswer | undefined;
  let failure: unknown;
  const sdkFetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    try {
      outcome = await send(new URL(String(input)), init, call);
    } catch (error) {
      failure = error;
      throw error;
    }
    if (outcome.status !== 200) throw new Error('refused');
    return new Response(outcome.text, { status: 200, headers: { 'content-type': 'application/json' } });
  };
  const client = new GoogleGenerativeAI(apiKey).getGenerativeModel(
    { model, systemInstruction: system, generationConfig },
    { baseUrl: `${baseURL.origin}${baseURL.pathname.replace(/\/+$/, '')}` },
  );
  try {
    const { response } = await startingWith(sdkFetch, () => client.generateContent({ contents }));
    if (outcome?.status !== 200) throw new Error('the SDK did not ask through our connection');
    const said = textOf(response);
    return { ...said, text: withoutSecret(said.text, apiKey) };
  } catch {
    if (failure !== undefined) throw failure;
    if (outcome !== undefined && outcome.status !== 200) return { refused: outcome };
    throw new CodedError(
      'REVIEWER_MALFORMED',
      `Gemini at ${baseURL.origin} answered something that is not a generateContent response`,
    );
  }
}

function send(url: URL, init: RequestInit, { baseURL, signal, http }: GeminiCall): Promise<HttpAnswer> {
  if (url.origin !== baseURL.origin) {
    throw new CodedError('ORIGIN_FORBIDDEN', `${url.origin} is not where Gemini was configured`);
  }
  const headers = Object.fromEntries(new Headers(init.headers));
  return exchange(
    { method: 'POST', url, headers, body: String(init.body), signal, maxBytes: MAX_ANSWER_BYTES },
    http,
  );
}

/**
 * Lets the SDK see `fetch` as its global one while a call starts.
 * The SDK takes no fetch of its own, but reads the global synchronously when a call begins; it is put back before
 * any other code runs. Without this it would follow a redirect and hand the API key to whoever is there.
 */
function startingWith<T>(fetch: typeof globalThis.fetch, start: () => T): T {
  const original = globalThis.fetch;
  globalThis.fetch = fetch;
  try {
    return start();
  } finally {
    globalThis.fetch = original;
  }
}

/** What this client reads of a response; nothing about it is taken for granted. */
interface UncheckedResponse {
  readonly candidates?: readonly { readonly finishReason?: unknown }[];
  readonly promptFeedback?: { readonly blockReason?: unknown };
  readonly usageMetadata?: { readonly promptTokenCount?: unknown; readonly candidatesTokenCount?: unknown };
  text(): string;
}

function textOf(response: UncheckedResponse): Said {
  const { candidates = [], promptFeedback, usageMetadata } = response;
  const [candidate] = candidates;
  if (candidates.length > 1) throw new Error('more candidates than asked for');
  const reason = candidate === undefined ? promptFeedback?.blockReason : candidate.finishReason;
  const endedBy = typeof reason === 'string' && /^[A-Z_]{1,40}$/.test(reason) ? reason : 'OTHER';
  const usage = {
    inputTokens: tokenCount(usageMetadata?.promptTokenCount),
    outputTokens: tokenCount(usageMetadata?.candidatesTokenCount),
  };
  if (candidate === undefined) return { text: '', endedBy, ...usage };
  if (reason === undefined || endedBy === 'STOP') return { text: response.text(), ...usage };
  return { text: endedBy === 'MAX_TOKENS' ? response.text() : '', endedBy, ...usage };
}
