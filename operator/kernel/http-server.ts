import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a server listens. */
export interface ListenAddress {
  /** 0 is any free one. */
  readonly port: number;
  /** Every interface when absent. */
  readonly host?: string;
}

/** A small server for probes and scrapes. */
export interface PlainServer {
  /** The port that it listens on, also when 0 was asked for. */
  readonly port: number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Serves GET and HEAD; any other method is answered 405. A handler that rejects is answered 500 without its reason.
 * @throws Node's error when it cannot listen
 */
export async function servePlain(
  address: ListenAddress,
  handle: (request: http.IncomingMessage, response: http.ServerResponse) => void | Promise<void>,
): Promise<PlainServer> {
  const server = http.createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'method not allowed');
      return;
    }
    (async () => handle(request, response))().catch(() => answer(response, 500, 'failed'));
  });
  server.requestTimeout = 10_000;
  server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Ends a response with a text that no browser takes for something else and nothing stores. */
export function answer(
  response: http.ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(text);
}
