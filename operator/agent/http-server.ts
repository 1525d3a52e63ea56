import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { CodedError } from '../../crds/errors.ts';
import { type AgentRequest, type AgentResponse, headersOf, readBody } from './http-request.ts';

/** How requests are served. */
export interface AgentHttpOptions {
  /** 0 is any free one. */
  readonly port: number;
  /** Every interface when absent. */
  readonly host?: string;
  /** A longer body is answered 413, bytes. */
  readonly maxBodyBytes: number;
  /** More connections than these are closed at once. */
  readonly maxConnections: number;
  readonly handle: (request: AgentRequest) => Promise<AgentResponse>;
}

/** A server of an agent's HTTP interfaces. */
export interface AgentHttpServer {
  /** The port that it listens on, also when 0 was asked for. */
  readonly port: number;
  /** Stops listening, lets requests in flight end for at most `graceMs`, then ends every connection. */
  close(graceMs: number): Promise<void>;
}

/** Headers and body of a request have to arrive within this time, milliseconds. */
const REQUEST_MS = 30_000;

/**
 * Serves an agent over HTTP: whole bodies within a bound, JSON or an event stream as answers. A handler that rejects is
 * answered 500 without its reason.
 * @throws CodedError `CONFIG_INVALID` when it cannot listen
 */
export async function serveAgentHttp(options: AgentHttpOptions): Promise<AgentHttpServer> {
  const closing = new AbortController();
  const server = http.createServer((incoming, outgoing) => {
    // A connection that is kept alive would hold the server open.
    const onClosing = (): void => endsConnection(outgoing);
    closing.signal.addEventListener('abort', onClosing);
    outgoing.once('close', () => closing.signal.removeEventListener('abort', onClosing));
    serveOne(incoming, outgoing, options).catch(() => outgoing.destroy());
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  server.maxConnections = options.maxConnections;
  server.listen({ port: options.port, ...(options.host === undefined ? {} : { host: options.host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CodedError('CONFIG_INVALID', `cannot listen on port ${options.port}`, { cause: error });
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function endsConnection(outgoing: http.ServerResponse): void {
  if (!outgoing.headersSent) outgoing.setHeader('connection', 'close');
  else outgoing.once('finish', () => outgoing.socket?.end());
}

async function serveOne(
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
  { maxBodyBytes, handle }: AgentHttpOptions,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const read = await readBody(incoming, maxBodyBytes);
  if ('broken' in read) return;
  if ('tooLong' in read) {
    outgoing.setHeader('connection', 'close');
    sendJson(outgoing, 413, { error: `the body is longer than ${maxBodyBytes} bytes` });
    return;
  }
  const url = new URL(incoming.url ?? '/', 'http://agent');
  const response = await handle({
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: headersOf(incoming),
    body: read.body,
    signal: gone.signal,
  }).catch((): AgentResponse => ({ status: 500, json: { error: 'failed' } }));
  if ('json' in response) sendJson(outgoing, response.status, response.json, response.headers);
  else await sendEvents(outgoing, response.events);
}

function sendJson(
  outgoing: http.ServerResponse,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  outgoing.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...headers,
  });
  outgoing.end(JSON.stringify(json));
}

async function sendEvents(outgoing: http.ServerResponse, events: AsyncIterable<string>): Promise<void> {
  outgoing.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  outgoing.flushHeaders();
  for await (const event of events) {
    if (outgoing.destroyed) break;
    if (!outgoing.write(event)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.end();
}
