import http from 'node:http';
import { type LoopbackServer, listenOnLoopback } from '../lab/loopback.ts';

/** What a test's server was asked. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A real HTTP server on a free port of the loopback, answering as its test says. */
export interface TestServer extends LoopbackServer {
  readonly seen: SeenRequest[];
}

/** Answers one request; a rejection ends its connection. */
export type Answer = (request: SeenRequest, response: http.ServerResponse) => void | Promise<void>;

export async function serveHttp(answer: Answer, port = 0): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const server = http.createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://test');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request: SeenRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    seen.push(request);
    try {
      await answer(request, response);
    } catch {
      response.destroy();
    }
  });
  return { seen, ...(await listenOnLoopback(server, port)) };
}

/** Answers with JSON. */
export function json(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers as an API server refuses. */
export function refuse(
  response: http.ServerResponse,
  code: number,
  reason: string,
  message: string,
  details: Record<string, unknown> = {},
): void {
  json(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code,
    reason,
    message,
    details,
  });
}
