import { DefaultRequestHandler } from '@a2a-js/sdk/server';
import type { Clock } from '../../crds/client/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import { jsonRpcBinding } from './a2a-json-rpc.ts';
import { restBinding } from './a2a-rest.ts';
import type { Analyst } from './analyst.ts';
import { carriesToken } from './bearer.ts';
import { type AgentAddress, addressOf, agentCard, PATHS } from './card.ts';
import { AnalysisExecutor } from './executor.ts';
import { type GrpcServer, serveGrpc } from './grpc-server.ts';
import type { AgentRequest, AgentResponse } from './http-request.ts';
import { serveAgentHttp } from './http-server.ts';
import { analyzeEndpoint } from './rest.ts';
import { RecentTasks } from './task-store.ts';

/** How an agent is served. */
export interface AgentOptions {
  readonly analyst: Analyst;
  /** Of HTTP; 0 is any free one. */
  readonly port: number;
  /** Of gRPC; it is not served when absent. */
  readonly grpcPort?: number;
  /** Every interface when absent. */
  readonly host?: string;
  /** Where callers reach it; as the request for the card says when absent. */
  readonly address?: AgentAddress;
  /** Asked of every request but those for health and the card, when set. */
  readonly token?: string;
  readonly version: string;
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An agent that is being served. */
export interface RunningAgent {
  readonly port: number;
  readonly grpcPort: number | undefined;
  /** Is unhealthy from now on, ends the analyses, and stops listening. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 256;
const MAX_TASKS = 256;
/** For answers that are being written when the agent stops, milliseconds. */
const GRACE_MS = 2000;

/**
 * Serves the agent: A2A over JSON-RPC, HTTP+JSON and gRPC with its card, and the kubernetes-agent's REST interface.
 * @throws CodedError `CONFIG_INVALID` when it cannot listen.
 */
export async function serveAgent(options: AgentOptions): Promise<RunningAgent> {
  const { analyst, clock, logger, redact, version, token } = options;
  const stopping = new AbortController();
  const executor = new AnalysisExecutor({ analyst, logger, redact, now: () => clock.now() });
  // Which URLs the card names is told by each request for it; the handler reads the versions and bindings alone.
  const offered = { url: '', ...(options.grpcPort === undefined ? {} : { grpc: '' }) };
  const handler = new DefaultRequestHandler(
    agentCard(offered, version, token !== undefined),
    new RecentTasks(MAX_TASKS),
    executor,
  );
  const listen = options.host === undefined ? {} : { host: options.host };
  const secured = token === undefined ? {} : { token };
  const grpc: GrpcServer | undefined =
    options.grpcPort === undefined
      ? undefined
      : await serveGrpc({
          handler,
          port: options.grpcPort,
          maxMessageBytes: MAX_BODY_BYTES,
          ...listen,
          ...secured,
        });
  const routes = new Routes({
    jsonRpc: jsonRpcBinding(handler),
    rest: restBinding(handler),
    analyze: analyzeEndpoint({ analyst, redact, logger, signal: stopping.signal }),
    card: (host) => {
      const address = options.address ?? addressOf(host, grpc?.port);
      return address === undefined ? undefined : agentCard(address, version, token !== undefined);
    },
    stopping: stopping.signal,
    version,
    ...secured,
  });
  try {
    const http = await serveAgentHttp({
      port: options.port,
      maxBodyBytes: MAX_BODY_BYTES,
      maxConnections: MAX_CONNECTIONS,
      handle: (request) => routes.answer(request),
      ...listen,
    });
    return {
      port: http.port,
      grpcPort: grpc?.port,
      async close() {
        stopping.abort();
        executor.stop();
        await Promise.all([http.close(GRACE_MS), grpc?.close(GRACE_MS)]);
      },
    };
  } catch (error) {
    await grpc?.close(0);
    throw error;
  }
}

interface RouteOptions {
  readonly jsonRpc: (request: AgentRequest) => Promise<AgentResponse>;
  readonly rest: (request: AgentRequest, path: string) => Promise<AgentResponse> | undefined;
  readonly analyze: (request: AgentRequest) => Promise<AgentResponse>;
  readonly card: (host: string | undefined) => object | undefined;
  readonly stopping: AbortSignal;
  readonly version: string;
  readonly token?: string;
}

/** Which request is answered by what. */
class Routes {
  readonly #options: RouteOptions;

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  async answer(request: AgentRequest): Promise<AgentResponse> {
    const { jsonRpc, rest, analyze, token } = this.#options;
    const open = this.#open(request);
    if (open !== undefined) return open;
    if (!carriesToken(request.headers['authorization'], token)) {
      const headers = { 'www-authenticate': 'Bearer' };
      return { status: 401, headers, json: { error: 'authentication failed: a bearer token is asked for' } };
    }
    const { method, path } = request;
    if (path === '/a2a/analyze' || path === PATHS.jsonRpc) {
      if (method !== 'POST')
        return { status: 405, headers: { allow: 'POST' }, json: { error: 'send a POST' } };
      return path === PATHS.jsonRpc ? jsonRpc(request) : analyze(request);
    }
    const below = path.startsWith(`${PATHS.rest}/`)
      ? rest(request, path.slice(PATHS.rest.length))
      : undefined;
    return below ?? { status: 404, json: { error: 'not found' } };
  }

  /** What everybody may ask for: health, in both of the kubernetes-agent's places, and the card. */
  #open({ method, path, headers }: AgentRequest): AgentResponse | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const { stopping, version } = this.#options;
    const status = stopping.aborted ? 503 : 200;
    if (path === '/a2a/health') {
      const health = stopping.aborted ? 'unhealthy' : 'healthy';
      return { status, json: { status: health, agent: 'canary-analysis', version } };
    }
    if (/^\/q\/health(?:\/(?:live|ready|started))?$/.test(path)) {
      return { status, json: { status: stopping.aborted ? 'DOWN' : 'UP', checks: [] } };
    }
    if (path !== PATHS.card) return undefined;
    const card = this.#options.card(headers['host']);
    return card === undefined
      ? { status: 400, json: { error: 'the request names no host' } }
      : { status: 200, json: card };
  }
}
