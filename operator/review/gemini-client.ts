import { type Content, type GenerationConfig, GoogleGenerativeAI } from '@google/generative-ai';
import type { HttpAnswer, HttpOptions } from './http.ts';
import { type Said, tokenCount } from './model.ts';
import { overOwnConnection } from './own-connection.ts';

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

/**
 * Calls the model through Google's SDK over our own connection.
 * @returns what the model said, or the HTTP answer when its status is not 200.
 * @throws CodedError as {@link overOwnConnection} does.
 */
export async function generate(call: GeminiCall): Promise<Said | { readonly refused: HttpAnswer }> {
  const { baseURL, apiKey, model, system, generationConfig, contents } = call;
  const client = new GoogleGenerativeAI(apiKey).getGenerativeModel(
    { model, systemInstruction: system, generationConfig },
    { baseUrl: `${baseURL.origin}${baseURL.pathname.replace(/\/+$/, '')}` },
  );
  const callee = { ...call, subject: 'Gemini', answer: 'generateContent response' };
  return overOwnConnection({ ...callee, headers: (sdk) => sdk }, async (fetch) => {
    const { response } = await startingWith(fetch, () => client.generateContent({ contents }));
    return textOf(response);
  });
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
