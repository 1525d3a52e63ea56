import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { AgentCard } from '@a2a-js/sdk';
import type { A2ARequestHandler } from '@a2a-js/sdk/server';
import type { Router } from './express.ts';

const CARD_PATH = '/.well-known/agent-card.json';

/** An answer that is not the SDK's. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json: unknown;
}

/** What is served, and what is told of it. */
export interface A2AHttpOptions {
  readonly handler: A2ARequestHandler;
  readonly card: () => AgentCard;
  /** Asked for on every path but the card's when set. */
  readonly token?: string;
  /** Sees every request first; undefined leaves the answer to the SDK. */
  readonly intercept: (request: {
    readonly method: string;
    readonly path: string;
  }) => PlainAnswer | undefined;
}

/** A2A over HTTP. */
export interface A2AHttp {
  /** `http://127.0.0.1:PORT`; JSON-RPC below `/rpc`, HTTP+JSON below `/rest`. */
  readonly url: string;
  close(): Promise<void>;
}

/** The SDK's handlers; they ask for express, which is not among this project's packages. */
async function sdkHandlers() {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'express'
        ? { url: new URL('./express.ts', import.meta.url).href, shortCircuit: true }
        : next(specifier, context),
  });
  try {
    return await import('@a2a-js/sdk/server/express');
  } finally {
    hooks.deregister();
  }
}

/** Serves A2A with the SDK's own server: its routes, its decoding, its events and its errors. */
export async function serveA2AHttp({ handler, card, token, intercept }: A2AHttpOptions): Promise<A2AHttp> {
  const { UserBuilder, agentCardHandler, jsonRpcHandler, restHandler } = await sdkHandlers();
  const options = { requestHandler: handler, userBuilder: UserBuilder.noAuthentication };
  const routers = [
    [CARD_PATH, agentCardHandler({ agentCardProvider: async () => card() })],
    ['/rpc', jsonRpcHandler(options)],
    ['/rest', restHandler(options)],
  ] as unknown as readonly (readonly [string, Router])[];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '/' } = request;
    const [path = ''] = url.split('?');
    const other = intercept({ method, path });
    if (other !== undefined) return answer(response, other);
    if (path !== CARD_PATH && token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return answer(response, { status: 401, json: {} });
    const [mount = '', router] = routers.find(([root]) => path === root || path.startsWith(`${root}/`)) ?? [];
    if (router === undefined) return answer(response, { status: 404, json: { error: 'not found' } });
    await router.handle(request, response, url.slice(mount.length) || '/');
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, { status, headers = {}, json }: PlainAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
}
