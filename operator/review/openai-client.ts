import OpenAI from 'openai';
import type { ChatCompletion, ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { HttpAnswer, HttpOptions } from './http.ts';
import { CUT_OFF, type Said, type Turn, tokenCount } from './model.ts';
import type { Dialect } from './openai-dialect.ts';
import { parametersOf } from './openai-format.ts';
import { overOwnConnection } from './own-connection.ts';

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

/** Our own limit is shorter: the longest delay that a timer takes, milliseconds. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Calls the model through OpenAI's SDK over our own connection, with no header but our own. The SDK repeats nothing and learns
 * nothing from the environment.
 * @returns what the model said, or the HTTP answer when its status is not 200.
 * @throws CodedError as {@link overOwnConnection} does.
 */
export async function complete(call: ChatCall): Promise<Said | { readonly refused: HttpAnswer }> {
  const { baseURL, apiKey, model, dialect, maxOutputTokens } = call;
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  const callee = { ...call, subject: 'OpenAI-compatible server', answer: 'chat completion' };
  return overOwnConnection({ ...callee, headers: () => headers }, async (fetch) => {
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
      fetch,
    });
    const messages = messagesOf(call);
    const parameters = parametersOf(dialect, maxOutputTokens);
    return saidIn(await client.chat.completions.create({ model, messages, ...parameters, stream: false }));
  });
}

function messagesOf({ system, turns }: ChatCall): ChatCompletionMessageParam[] {
  return [
    { role: 'system', content: system },
    ...turns.map(({ role, text }) =>
      role === 'user' ? ({ role, content: text } as const) : ({ role: 'assistant', content: text } as const),
    ),
  ];
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
