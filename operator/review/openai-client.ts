import OpenAI from 'openai';
import type { ChatCompletion, ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { CodedError } from '../../crds/errors.ts';
import { exchange, type HttpAnswer, type HttpOptions } from './http.ts';
import { CUT_OFF, type Said, type Turn, tokenCount } from './model.ts';
import type { Dialect } from './openai-dialect.ts';
import { parametersOf } from './openai-format.ts';
import { withoutSecret } from './without-secret.ts';

/** One `chat/completions` call. */
export interface ChatCall {
  /** Vetted; `/chat/completions` is appended to its path. */
  readonly baseURL: URL;
  /** Sent as a bearer token; no credential is sent when absent. */
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly dialect: Dialect;
  readonly system: string;
  readonly turns: readonly Turn[];
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
  readonly http: HttpOptions;
}

/** An opinion takes a few kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Our own limit is shorter: the longest delay that a timer takes, milliseconds. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Calls the model through OpenAI's SDK over our own connection, which follows no redirect, reads a bounded body and sends
 * no header but our own. The SDK repeats nothing and learns nothing from the environment.
 * @returns what the model said, or the HTTP answer when its status is not 200.
 * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_MALFORMED`, `ORIGIN_FORBIDDEN`, `ABORTED`.
 */
export async function complete(call: ChatCall): Promise<Said | { readonly refused: HttpAnswer }> {
  const { baseURL, apiKey, model, dialect, maxOutputTokens } = call;
  let outcome: HttpAnswer | undefined;
  let failure: unknown;
  const client = new OpenAI({
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: `${baseURL.origin}${baseURL.pathname.replace(/\/+$/, '')}`,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: 'off',
    async fetch(input, init) {
      try {
        outcome = await send(new URL(input instanceof Request ? input.url : input), init?.body, call);
      } catch (error) {
        failure = error;
        throw error;
      }
      const status = outcome.status === 200 ? 200 : 400;
      return new Response(outcome.text, { status, headers: { 'content-type': 'application/json' } });
    },
  });
  try {
    const messages = messagesOf(call);
    const said = saidIn(
      await client.chat.completions.create({
        model,
        messages,
        ...parametersOf(dialect, maxOutputTokens),
        stream: false,
      }),
    );
    return { ...said, text: withoutSecret(said.text, apiKey) };
  } catch {
    if (failure !== undefined) throw failure;
    if (outcome !== undefined && outcome.status !== 200) return { refused: outcome };
    throw new CodedError(
      'REVIEWER_MALFORMED',
      `OpenAI-compatible server at ${baseURL.origin} answered something that is not a chat completion`,
    );
  }
}

function messagesOf({ system, turns }: ChatCall): ChatCompletionMessageParam[] {
  return [
    { role: 'system', content: system },
    ...turns.map(({ role, text }) =>
      role === 'user' ? ({ role, content: text } as const) : ({ role: 'assistant', content: text } as const),
    ),
  ];
}

function send(url: URL, body: unknown, { baseURL, apiKey, signal, http }: ChatCall): Promise<HttpAnswer> {
  if (url.origin !== baseURL.origin) {
    throw new CodedError('ORIGIN_FORBIDDEN', `${url.origin} is not where the model was configured`);
  }
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  return exchange(
    { method: 'POST', url, headers, body: String(body), signal, maxBytes: MAX_ANSWER_BYTES },
    http,
  );
}

/** What this client reads of a completion; nothing about it is taken for granted. */
interface UncheckedCompletion {
  readonly choices: readonly {
    readonly finish_reason?: unknown;
    readonly message: { readonly content?: unknown; readonly refusal?: unknown };
  }[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
}

/** Throws for what is no completion with one choice. */
function saidIn(completion: ChatCompletion): Said {
  const { choices, usage } = completion as UncheckedCompletion;
  const [choice] = choices;
  if (choice === undefined || choices.length > 1) throw new Error('not one choice');
  const { finish_reason: reason, message } = choice;
  const tokens = {
    inputTokens: tokenCount(usage?.prompt_tokens),
    outputTokens: tokenCount(usage?.completion_tokens),
  };
  if (typeof message.refusal === 'string' && message.refusal !== '') {
    return { text: '', endedBy: 'refusal', ...tokens };
  }
  if (reason === 'content_filter') return { text: '', endedBy: reason, ...tokens };
  const text = typeof message.content === 'string' ? withoutThoughts(message.content) : '';
  return { text, ...(reason === 'length' ? { endedBy: CUT_OFF } : {}), ...tokens };
}

/** Some servers leave a reasoning model's thoughts in front of the answer. */
function withoutThoughts(text: string): string {
  const end = '</think>';
  return /^\s*<think>/.test(text) && text.includes(end) ? text.slice(text.indexOf(end) + end.length) : text;
}
