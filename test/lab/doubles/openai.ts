import { AGREEABLE_OPINION } from './gemini.ts';
import { type Answer, type HttpDouble, type RecordedRequest, startHttpDouble } from './http-double.ts';
import { Script } from './script.ts';

/** The body of a `chat/completions` call, as far as anyone here looks at it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly temperature?: number;
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
  readonly stream?: boolean;
  readonly response_format?: {
    readonly type: string;
    readonly json_schema?: { readonly name: string; readonly strict?: boolean; readonly schema: unknown };
  };
}

/** What the model says next: an opinion object, some text, a refusal, a raw HTTP answer, or a function of what it was asked. */
export type OpenAIReply =
  | { readonly opinion: unknown }
  | { readonly text: string | null; readonly finishReason?: string }
  | { readonly refusal: string }
  | { readonly http: Answer }
  | ((request: ChatRequest) => OpenAIReply);

/** What a server and its model understand; everything when absent. */
export interface Understands {
  readonly formats?: readonly string[];
  readonly limits?: readonly ('max_completion_tokens' | 'max_tokens')[];
  readonly temperature?: boolean;
  readonly models?: readonly string[];
  /** The status of a refused parameter; 400 when absent. */
  readonly status?: number;
  /** The body of a refused parameter; OpenAI's form when absent. */
  readonly body?: (parameter: string) => unknown;
}

/** The Chat Completions interface of OpenAI, vLLM, Ollama and LiteLLM: `POST /v1/chat/completions`. */
export interface OpenAIDouble extends HttpDouble {
  /** Ends in `/v1`. */
  readonly baseURL: string;
  readonly replies: Script<OpenAIReply>;
  understands: Understands;
}

/**
 * Starts a server that promotes until told otherwise. With a `key` it answers 401 to a request that brings another.
 * Like OpenAI it refuses a schema whose strict form is not strict.
 */
export async function startOpenAIDouble(options: { readonly key?: string } = {}): Promise<OpenAIDouble> {
  const replies = new Script<OpenAIReply>({ opinion: PROMOTING });
  const double = await startHttpDouble((request) => {
    if (request.method !== 'POST' || request.path !== '/v1/chat/completions') {
      return { status: 404, body: { detail: 'Not Found' } };
    }
    if (options.key !== undefined && request.headers['authorization'] !== `Bearer ${options.key}`) {
      return openAIProblem(401, 'Incorrect API key provided.', 'invalid_api_key');
    }
    const body = parseRequest(request);
    if (body === undefined) return openAIProblem(400, 'We could not parse the JSON body of your request.');
    const refused = refusalOf(body, result.understands);
    if (refused !== undefined) return refused;
    let reply = replies.take();
    while (typeof reply === 'function') reply = reply(body);
    if ('http' in reply) return reply.http;
    if ('refusal' in reply) return { body: completion({ content: null, refusal: reply.refusal }) };
    if ('text' in reply) return { body: completion({ content: reply.text }, reply.finishReason) };
    return { body: completion({ content: JSON.stringify(reply.opinion) }) };
  });
  const understands: Understands = {};
  const result: OpenAIDouble = Object.assign(double, {
    baseURL: `${double.url}/v1`,
    replies,
    understands,
  });
  return result;
}

const PROMOTING = { ...AGREEABLE_OPINION, proposedFix: null };

/** An error in OpenAI's form. */
export function openAIProblem(
  status: number,
  message: string,
  code: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: { error: { message, type: 'invalid_request_error', param: null, code } } };
}

/** A chat completion of one choice. */
export function completion(message: object, finishReason = 'stop'): object {
  return {
    id: 'chatcmpl-double',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'openai-double',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }],
    usage: { prompt_tokens: 1100, completion_tokens: 70, total_tokens: 1170 },
  };
}

function refusalOf(request: ChatRequest, understands: Understands): Answer | undefined {
  const { formats, limits, temperature = true, models, status = 400, body } = understands;
  if (models !== undefined && !models.includes(request.model)) {
    return openAIProblem(404, `The model \`${request.model}\` does not exist.`, 'model_not_found');
  }
  const unsupported = (parameter: string): Answer =>
    body === undefined
      ? openAIProblem(status, `Unsupported parameter: '${parameter}'.`, 'unsupported_parameter')
      : { status, body: body(parameter) };
  if (!temperature && request.temperature !== undefined) return unsupported('temperature');
  for (const limit of ['max_completion_tokens', 'max_tokens'] as const) {
    if (limits !== undefined && !limits.includes(limit) && request[limit] !== undefined)
      return unsupported(limit);
  }
  const format = request.response_format;
  if (format === undefined) return undefined;
  if (formats !== undefined && !formats.includes(format.type)) return unsupported('response_format');
  if (format.type === 'json_schema' && !isStrict(format.json_schema?.schema)) {
    return openAIProblem(400, "Invalid schema for response_format 'opinion'.", 'invalid_json_schema');
  }
  return undefined;
}

/** OpenAI's rules for strict schemas: every object closed, each of its properties required. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (typeof schema !== 'object' || schema === null) return true;
  const { type, properties, required, additionalProperties } = schema as Record<string, unknown>;
  if (type === 'object') {
    const names = Object.keys((properties as object | undefined) ?? {});
    const all = Array.isArray(required) && names.every((name) => required.includes(name));
    if (additionalProperties !== false || !all) return false;
  }
  return Object.values(schema).every(isStrict);
}

function parseRequest(request: RecordedRequest): ChatRequest | undefined {
  try {
    const body = JSON.parse(request.body) as ChatRequest;
    const valid =
      typeof body.model === 'string' &&
      body.messages.length > 0 &&
      body.messages.every(
        ({ role, content }) => ['system', 'user', 'assistant'].includes(role) && typeof content === 'string',
      );
    return valid ? body : undefined;
  } catch {
    return undefined;
  }
}
