import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { StreamResponse } from '@a2a-js/sdk';
import { CodedError } from '../../../crds/errors.ts';
import { type Agent, MAX_AGENT_ANSWER_BYTES } from '../agent.ts';
import { agentRefusal } from '../agent-failure.ts';
import { openExchange, plainHeaders, readChunks } from '../http.ts';
import type { Binding } from './card.ts';
import { Refused } from './failure.ts';

/** A status that has no body, whatever is sent (RFC 9110 §6.4.1). */
const BODILESS = new Set([204, 205, 304]);

/**
 * A `fetch` for the SDK's transports: one origin, no redirect, vetted addresses, a bounded body, an event stream handed on
 * as it arrives. What is not a success is thrown as {@link Refused}, so that no body gets into one of the SDK's messages.
 */
export function agentFetch(agent: Agent, origin: string, binding: Binding, now: () => number): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.origin !== origin) {
      throw new CodedError('ORIGIN_FORBIDDEN', `${url.origin} is not where the agent card points`);
    }
    const { method = 'GET', body, signal } = init;
    const request = {
      method: method === 'POST' ? ('POST' as const) : ('GET' as const),
      url,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof body === 'string' ? { body } : {}),
      signal: signal ?? new AbortController().signal,
      maxBytes: MAX_AGENT_ANSWER_BYTES,
    };
    const response = await openExchange(request, agent.http);
    const chunks = readChunks(response, request);
    const status = response.statusCode ?? 0;
    const headers = plainHeaders(response);
    if (status < 200 || status > 299) {
      const answer = { status, headers, text: await whole(chunks) };
      throw new Refused(agentRefusal(answer, origin, now()), status);
    }
    const isStream = headers['content-type']?.startsWith('text/event-stream') ?? false;
    const content = !isStream
      ? await whole(chunks)
      : asStream(binding === 'HTTP+JSON' ? vetted(chunks) : chunks);
    return new Response(BODILESS.has(status) ? null : content, { status, headers });
  };
}

async function whole(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

function asStream(chunks: AsyncIterable<Buffer>): globalThis.ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(chunks, { objectMode: false })) as ReadableStream as never;
}

/**
 * Lets through only events that the SDK can decode: of others its HTTP+JSON transport would write the content to the
 * console before it throws.
 */
async function* vetted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let type = 'message';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const ended of lines) {
      const line = ended.replace(/\r$/, '');
      if (line.startsWith('data:')) data.push(line.slice('data:'.length).replace(/^ /, ''));
      else if (line.startsWith('event:')) type = line.slice('event:'.length).trim();
      else if (line === '' && data.length > 0) {
        checkEvent(type, data.join('\n'));
        data = [];
        type = 'message';
      }
      yield Buffer.from(`${line}\n`);
    }
  }
  if (data.length > 0 || rest !== '') {
    throw new CodedError('REVIEWER_UNAVAILABLE', 'the agent ended its stream within an event');
  }
}

function checkEvent(type: string, data: string): void {
  try {
    const event: unknown = JSON.parse(data);
    if (type !== 'error') StreamResponse.fromJSON(event);
  } catch {
    throw new CodedError('REVIEWER_MALFORMED', 'the agent streamed something that is not an event of A2A');
  }
}
