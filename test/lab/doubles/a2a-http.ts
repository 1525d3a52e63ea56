import { createServer } from 'node:http';
import type { AgentCard } from '@a2a-js/sdk';
import type { A2ARequestHandler } from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express, { type RequestHandler } from 'express';
import { type LoopbackServer, listenOnLoopback } from '../loopback.ts';

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

/** A2A over HTTP: JSON-RPC below `/rpc`, HTTP+JSON below `/rest`. */
export type A2AHttp = LoopbackServer;

/** Serves A2A with the SDK's own server: its routes, its decoding, its events and its errors. */
export async function serveA2AHttp({ handler, card, token, intercept }: A2AHttpOptions): Promise<A2AHttp> {
  const options = { requestHandler: handler, userBuilder: UserBuilder.noAuthentication };
  const first: RequestHandler = ({ method, path, headers }, response, next) => {
    const other = intercept({ method, path });
    if (other !== undefined) {
      const { status, headers: more = {}, json } = other;
      response.status(status).set(more).json(json);
    } else if (path !== CARD_PATH && token !== undefined && headers.authorization !== `Bearer ${token}`)
      response.status(401).json({});
    else next();
  };
  const app = express()
    .use(first)
    .use(CARD_PATH, agentCardHandler({ agentCardProvider: async () => card() }))
    .use('/rpc', jsonRpcHandler(options))
    .use('/rest', restHandler(options));
  return listenOnLoopback(createServer(app));
}
