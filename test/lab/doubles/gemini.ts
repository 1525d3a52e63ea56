import { type Answer, type HttpDouble, type RecordedRequest, startHttpDouble } from './http-double.ts';
import { Script } from './script.ts';

/** The body of a `generateContent` call, as far as anyone here looks at it. */
export interface GenerateContentRequest {
  readonly contents: readonly {
    readonly role: string;
    readonly parts: readonly { readonly text: string }[];
  }[];
  readonly systemInstruction?: { readonly parts: readonly { readonly text: string }[] };
  readonly generationConfig?: {
    readonly responseMimeType?: string;
    readonly responseSchema?: { readonly type: string; readonly required?: readonly string[] };
    readonly temperature?: number;
    readonly maxOutputTokens?: number;
  };
}

/** Instruction and words of a request, each as one text. */
export function sentTo({ systemInstruction, contents }: GenerateContentRequest): {
  readonly system: string;
  readonly user: string;
} {
  const joined = (parts: readonly { readonly text: string }[]): string =>
    parts.map(({ text }) => text).join('\n');
  return {
    system: joined(systemInstruction?.parts ?? []),
    user: joined(contents.flatMap(({ parts }) => parts)),
  };
}

/** What the model says next: an opinion object, some text, a raw HTTP answer, or a function of what it was asked. */
export type GeminiReply =
  | { readonly opinion: unknown }
  | { readonly text: string; readonly finishReason?: string }
  | { readonly http: Answer }
  | ((request: GenerateContentRequest) => GeminiReply);

/** Gemini's REST interface: `POST /v1beta/models/{model}:generateContent`. */
export interface GeminiDouble extends HttpDouble {
  readonly replies: Script<GeminiReply>;
}

/** Who may ask a Gemini. */
export interface GeminiOptions {
  /** The only key that is valid; any when absent. */
  readonly key?: string;
  /** Models for which no key is valid. */
  readonly lockedModels?: readonly string[];
}

/** An opinion that is valid and says nothing against the canary. */
export const AGREEABLE_OPINION = {
  verdict: 'Promote',
  confidence: 90,
  summary: 'Both sides log the same.',
  rootCause: '',
  remediation: '',
  citations: [],
};

/**
 * Starts a Gemini that promotes until told otherwise.
 * With a `key` it answers 400 `API_KEY_INVALID`, as Google does, to a request that brings another, or asks a locked model.
 */
export async function startGeminiDouble(options: GeminiOptions = {}): Promise<GeminiDouble> {
  const replies = new Script<GeminiReply>({ opinion: AGREEABLE_OPINION });
  const double = await startHttpDouble((request) => {
    if (
      request.method !== 'POST' ||
      !/^\/v1beta\/(models|tunedModels)\/[^/:]+:generateContent$/.test(request.path)
    ) {
      return problem(404, 'NOT_FOUND', `${request.path} is not found`);
    }
    if (options.key !== undefined && request.headers['x-goog-api-key'] !== options.key) return KEY_INVALID;
    if (options.lockedModels?.some((model) => request.path.includes(`/${model}:`))) return KEY_INVALID;
    const body = parseRequest(request);
    if (body === undefined) return problem(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.');
    let reply = replies.take();
    while (typeof reply === 'function') reply = reply(body);
    if ('http' in reply) return reply.http;
    if ('text' in reply) return { body: generated(reply.text, reply.finishReason) };
    return { body: generated(JSON.stringify(reply.opinion)) };
  });
  return Object.assign(double, { replies });
}

/** Google's answer to a wrong API key. */
export const KEY_INVALID: Answer = {
  status: 400,
  body: {
    error: {
      code: 400,
      message: 'API key not valid. Please pass a valid API key.',
      status: 'INVALID_ARGUMENT',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'API_KEY_INVALID',
          domain: 'googleapis.com',
        },
      ],
    },
  },
};

/** Google's answer to too many requests; the pause is in the body, and in a header when `header` is set. */
export function tooManyRequests(seconds: number, header = true): Answer {
  const { body } = problem(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.');
  return {
    status: 429,
    ...(header ? { headers: { 'retry-after': String(seconds) } } : {}),
    body: {
      error: {
        ...(body as { error: object }).error,
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` }],
      },
    },
  };
}

/** An error in Google's form. */
export function problem(code: number, status: string, message: string): Answer {
  return { status: code, body: { error: { code, message, status } } };
}

/** A `generateContent` answer that says `text`. */
export function generated(text: string, finishReason = 'STOP'): object {
  return {
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason, index: 0 }],
    usageMetadata: { promptTokenCount: 1200, candidatesTokenCount: 80, totalTokenCount: 1280 },
    modelVersion: 'gemini-double',
  };
}

function parseRequest(request: RecordedRequest): GenerateContentRequest | undefined {
  try {
    const body = JSON.parse(request.body) as GenerateContentRequest;
    const valid =
      body.contents.length > 0 &&
      body.contents.every(
        ({ role, parts }) =>
          (role === 'user' || role === 'model') && parts.every(({ text }) => typeof text === 'string'),
      );
    return valid ? body : undefined;
  } catch {
    return undefined;
  }
}
