import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One request as it arrived. */
export interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What goes wrong on the wire: `hang` never answers, `stall` sends half of the body and falls silent,
 * `truncate` closes after half of the announced body, `reset` resets the connection.
 */
export type Fault = 'hang' | 'stall' | 'truncate' | 'reset';

/** An answer, or what comes instead of it. */
export interface Answer {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly fault?: Fault;
}

/** A real server on a free local port that answers as told and remembers what it was asked. */
export interface HttpDouble {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** Resolves as soon as `count` requests have arrived in all. */
  untilRequests(count: number): Promise<void>;
  /** Resolves when the client has let go of a request that was not answered. */
  untilAbandoned(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server that answers every request with what `respond` returns; over TLS when it is given a certificate. */
export async function startHttpDouble(
  respond: (request: RecordedRequest) => Answer | Promise<Answer>,
  tls?: { readonly cert: string; readonly key: string },
): Promise<HttpDouble> {
  const requests: RecordedRequest[] = [];
  const waiters = new Set<() => void>();
  const abandoned = Promise.withResolvers<void>();
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) abandoned.resolve();
    });
    try {
      const request = await record(incoming);
      requests.push(request);
      for (const waiter of waiters) waiter();
      send(outgoing, await respond(request));
    } catch {
      outgoing.destroy();
    }
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    untilRequests: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (requests.length < count) return;
          waiters.delete(check);
          resolve();
        };
        waiters.add(check);
        check();
      }),
    untilAbandoned: () => abandoned.promise,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const url = new URL(incoming.url ?? '/', 'http://double');
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function send(outgoing: ServerResponse, answer: Answer): void {
  const { status = 200, headers = {}, body = '', fault } = answer;
  if (fault === 'hang') return;
  if (fault === 'reset') {
    outgoing.socket?.resetAndDestroy();
    return;
  }
  const isText = typeof body === 'string';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  outgoing.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': bytes.length,
    ...headers,
  });
  if (fault === undefined) {
    outgoing.end(bytes);
    return;
  }
  outgoing.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
    if (fault === 'truncate') outgoing.destroy();
  });
}
