import http from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { abortedError, type Clock, systemClock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import type { ApiRequest, ApiResponse, Transport } from '../../crds/client/transport.ts';
import { CodedError } from '../../crds/errors.ts';

/** How a {@link KubeTransport} waits; all optional. */
export interface KubeTransportOptions {
  /** How long TCP and TLS may take; 10 s when absent. */
  readonly connectTimeoutMs?: number;
  /** From sending a request to the head of its answer; 90 s when absent, for a proxy may hold a quiet watch's until a bookmark. */
  readonly headersTimeoutMs?: number;
  /** Product and version. */
  readonly userAgent?: string;
  readonly clock?: Clock;
}

/** A {@link Transport} that holds connections; close it when nothing uses it any more. */
export interface KubeTransport extends Transport {
  close(): void;
}

const KEEP_ALIVE_MS = 30_000;

/**
 * A transport to the current cluster of a KubeConfig. Trust and credentials are asked of the KubeConfig at each request,
 * so that a rotated token or certificate is used; connections are kept alive and shared.
 */
export function createKubeTransport(config: KubeConfig, options: KubeTransportOptions = {}): KubeTransport {
  const { connectTimeoutMs = 10_000, headersTimeoutMs = 90_000, clock = systemClock } = options;
  const { userAgent = 'canary-analysis' } = options;
  const agents = {
    'http:': new http.Agent({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS }),
    'https:': new https.Agent({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS }),
  };

  async function requestOptions(
    request: ApiRequest,
    url: URL,
    body: string | undefined,
  ): Promise<https.RequestOptions> {
    const security: https.RequestOptions = {};
    await authenticate(config, security);
    const { agent, headers = {}, ...tls } = security;
    const proxied = config.getCurrentCluster()?.proxyUrl !== undefined;
    return {
      ...tls,
      method: request.method,
      agent: proxied ? agent : url.protocol === 'http:' ? agents['http:'] : agents['https:'],
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...trimmed(headers as http.OutgoingHttpHeaders),
        ...(body === undefined
          ? {}
          : {
              'content-type': request.contentType ?? 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
      },
    };
  }

  return {
    async request(request) {
      const what = `${request.method} ${request.path}`;
      const { signal } = request;
      if (signal?.aborted) throw abortedError(signal, what);
      const url = urlOf(config, request);
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      const prepared = await requestOptions(request, url, body);
      const send = (): Promise<ApiResponse> =>
        exchange(url, prepared, body, signal, what, { clock, connectTimeoutMs, headersTimeoutMs });
      try {
        return await send();
      } catch (error) {
        if (request.method !== 'GET' || !(error instanceof StaleConnectionError)) throw error;
        return await send();
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** The server had closed a kept-alive connection when the request went out: nothing is known of the request's fate. */
class StaleConnectionError extends CodedError {}

interface Limits {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
}

function exchange(
  url: URL,
  options: https.RequestOptions,
  body: string | undefined,
  signal: AbortSignal | undefined,
  what: string,
  limits: Limits,
): Promise<ApiResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<ApiResponse>();
  const outgoing = (url.protocol === 'http:' ? http : https).request(url, {
    ...options,
    ...(signal === undefined ? {} : { signal }),
  });
  const connecting = startDeadline(limits.clock, limits.connectTimeoutMs);
  const answering = startDeadline(limits.clock, limits.headersTimeoutMs);
  const release = (): void => {
    connecting.dispose();
    answering.dispose();
  };
  const giveUp = (doing: string, ms: number) => (): void =>
    void outgoing.destroy(new CodedError('API_UNREACHABLE', `${what}: no ${doing} within ${ms / 1000} s`));
  connecting.signal.addEventListener('abort', giveUp('connection', limits.connectTimeoutMs));
  answering.signal.addEventListener('abort', giveUp('answer', limits.headersTimeoutMs));

  outgoing.on('socket', (socket) => {
    if (!socket.connecting) connecting.dispose();
    else socket.once(url.protocol === 'http:' ? 'connect' : 'secureConnect', () => connecting.dispose());
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  });
  outgoing.on('response', (incoming) => {
    release();
    resolve({
      status: incoming.statusCode ?? 0,
      headers: flat(incoming.headers),
      body: bodyOf(incoming, what, signal),
    });
  });
  outgoing.on('error', (error) => {
    release();
    if (outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET' && !signal?.aborted) {
      reject(
        new StaleConnectionError('API_UNREACHABLE', `${what}: the connection was closed`, { cause: error }),
      );
    } else {
      reject(failure(error, what, signal));
    }
  });
  outgoing.end(body);
  return promise;
}

async function* bodyOf(
  incoming: http.IncomingMessage,
  what: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of incoming) yield chunk as Uint8Array;
  } catch (error) {
    throw failure(error, what, signal);
  }
}

function failure(error: unknown, what: string, signal: AbortSignal | undefined): CodedError {
  if (signal?.aborted) return abortedError(signal, what);
  if (error instanceof CodedError) return error;
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return new CodedError('API_UNREACHABLE', `${what}: the API server could not be reached${code}`, {
    cause: error,
  });
}

/** client-node refuses http without this flag, which means nothing there; `loadKubeConfig` has judged the URL already. */
async function authenticate(config: KubeConfig, options: https.RequestOptions): Promise<void> {
  const cluster = config.getCurrentCluster();
  if (cluster?.server.startsWith('http:')) Object.assign(cluster, { skipTLSVerify: true });
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new CodedError('API_UNAUTHORIZED', 'the credential for the API server could not be had', {
      cause: error,
    });
  }
}

/** The server's URL may have a path of its own, as behind a proxy of clusters. */
function urlOf(config: KubeConfig, request: ApiRequest): URL {
  const url = new URL(config.getCurrentCluster()?.server ?? '');
  url.pathname = `${url.pathname.replace(/\/$/, '')}${request.path}`;
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  return url;
}

/** A token file may end in a newline, which no header may hold. */
function trimmed(headers: http.OutgoingHttpHeaders): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value]),
  );
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
