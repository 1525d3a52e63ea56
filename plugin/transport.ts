import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { SecureContext } from 'node:tls';
import { abortedError } from '../crds/client/clock.ts';
import type { ApiRequest, Transport } from '../crds/client/transport.ts';
import { CodedError, isCoded } from '../crds/errors.ts';

/** Where the API server is and what to show it. */
export interface TransportOptions {
  /** `https://10.96.0.1:443`; `http:` is for a server on this machine. */
  readonly server: string;
  /** File with the bearer token. It is read for each request, so a rotated one is seen at once; none is sent when absent. */
  readonly tokenFile?: string;
  /** File with the certificate authorities that sign the server's certificate; the system's when absent. */
  readonly caFile?: string;
  /** Sent as User-Agent. */
  readonly userAgent?: string;
}

/** A transport that keeps connections. */
export interface ClosableTransport extends Transport {
  /** Closes idle and busy connections. */
  close(): void;
}

/** As many as Argo Rollouts analyses in parallel, twice, and some watches. */
const MAX_SOCKETS = 64;
/** TCP probes begin after this long without traffic: a server that vanished under a watch is noticed soon after. */
const KEEP_ALIVE_MS = 15_000;

/** The HTTP transport to one API server, on Node's own client: small, and loaded no sooner than it is needed. */
export async function createTransport(options: TransportOptions): Promise<ClosableTransport> {
  const base = new URL(options.server);
  const secure = base.protocol === 'https:';
  const { Agent, request: send } = secure ? await import('node:https') : await import('node:http');
  const agent = new Agent({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: MAX_SOCKETS });
  const prefix = base.pathname.replace(/\/+$/, '');
  const { caFile, tokenFile } = options;
  let trust: Promise<SecureContext> | undefined;

  const connect = async (request: ApiRequest): Promise<ClientRequest> => {
    const token = tokenFile === undefined ? undefined : readConfigured(tokenFile, 'token').trim();
    const headers = headersOf(request, options.userAgent, token);
    if (secure && caFile !== undefined) trust ??= trusting(caFile);
    const secureContext = await trust;
    const query = request.query === undefined ? '' : `?${new URLSearchParams(request.query)}`;
    return send({
      agent,
      hostname: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port === '' ? (secure ? 443 : 80) : base.port,
      method: request.method,
      path: `${prefix}${request.path}${query}`,
      headers,
      ...(secureContext === undefined ? {} : { secureContext }),
    });
  };

  return {
    async request(request) {
      try {
        const response = await exchange(await connect(request), request);
        return {
          status: response.statusCode ?? 0,
          headers: headersFrom(response),
          body: body(response, request),
        };
      } catch (error) {
        trust = undefined;
        throw failure(error, request);
      }
    },
    close: () => agent.destroy(),
  };
}

function headersOf(request: ApiRequest, userAgent?: string, token?: string): Record<string, string> {
  return {
    accept: 'application/json',
    ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
    ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
  };
}

/** Read once for all connections: each would parse the certificates anew. */
async function trusting(caFile: string): Promise<SecureContext> {
  const ca = readConfigured(caFile, 'certificate authority');
  const { createSecureContext } = await import('node:tls');
  return createSecureContext({ ca });
}

/** Such a file is small and in memory: a thread would take longer to read it, and keep memory of its own. */
function readConfigured(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CodedError('API_UNREACHABLE', `the ${what} file ${file} cannot be read`, { cause });
  }
}

function exchange(call: ClientRequest, request: ApiRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.once('response', resolve);
    call.on('error', reject);
    if (request.signal !== undefined) endWith(request.signal, call);
    call.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  });
}

/** What the client's own option `signal` does, at a fraction of its cost a request. */
function endWith(signal: AbortSignal, call: ClientRequest): void {
  const stop = (): void => {
    call.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  };
  if (signal.aborted) stop();
  else {
    signal.addEventListener('abort', stop, { once: true });
    call.once('close', () => signal.removeEventListener('abort', stop));
  }
}

function headersFrom(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

async function* body(response: IncomingMessage, request: ApiRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* response;
  } catch (error) {
    throw failure(error, request);
  }
}

function failure(error: unknown, request: ApiRequest): CodedError {
  if (request.signal?.aborted) return abortedError(request.signal, `${request.method} ${request.path}`);
  if (isCoded(error)) return error;
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return new CodedError(
    'API_UNREACHABLE',
    `${request.method} ${request.path}: the API server gave no answer${code}`,
    {
      cause: error,
    },
  );
}
