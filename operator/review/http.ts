import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { CodedError } from '../../crds/errors.ts';
import { type OriginPolicy, vetAddress } from './origin.ts';

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly { address: string; family: number }[]>;

/** The machine's own name resolution. */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/** One request to a reviewer. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** A longer body is an error, bytes. */
  readonly maxBytes: number;
}

/** The whole answer. A redirect is an answer like any other: it is never followed. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; repeated headers joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Who connects, and which addresses it refuses. */
export interface HttpOptions {
  readonly resolve: Resolve;
  /** Throws for an address that must not be called; asked with every address a name resolves to. */
  readonly vetAddress: (address: string, url: URL) => void;
}

/** Connects as the policy says, by the machine's own name resolution when the configuration has none. */
export function httpOptions(
  policy: OriginPolicy,
  { resolve = systemResolve }: { readonly resolve?: Resolve },
): HttpOptions {
  return { resolve, vetAddress: (address, url) => vetAddress(address, url, policy) };
}

/**
 * Sends one request over a connection of its own and reads the whole answer.
 * Neither a redirect nor a compressed body is followed up; the address that was vetted is the one connected to.
 * @throws CodedError `REVIEWER_UNAVAILABLE` (no or broken answer), `REVIEWER_MALFORMED` (longer than `maxBytes`), `ABORTED`, and what `vetAddress` throws.
 */
export async function exchange(request: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const response = await openExchange(request, options);
  const text = await readAll(response, request);
  return { status: response.statusCode ?? 0, headers: plainHeaders(response), text };
}

/**
 * Sends one request over a connection of its own and gives the answer as soon as it begins; whoever asked reads its body
 * (with {@link readChunks}) or destroys it.
 * @throws CodedError as {@link exchange} does.
 */
export async function openExchange(
  request: Omit<HttpRequest, 'maxBytes'>,
  options: HttpOptions,
): Promise<IncomingMessage> {
  const { url, signal } = request;
  if (signal.aborted) throw aborted(signal);
  try {
    return await send(request, vettedLookup(url, options));
  } catch (error) {
    throw failed(error, request);
  }
}

/**
 * The body of an answer as it arrives, at most `maxBytes` in all.
 * @throws CodedError as {@link exchange} does.
 */
export async function* readChunks(
  response: IncomingMessage,
  request: Pick<HttpRequest, 'url' | 'signal' | 'maxBytes'>,
): AsyncGenerator<Buffer, void, undefined> {
  const { url, maxBytes } = request;
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new CodedError('REVIEWER_MALFORMED', `${url.origin} answered more than ${maxBytes} bytes`);
      }
      yield chunk;
    }
  } catch (error) {
    throw failed(error, request);
  } finally {
    response.destroy();
  }
}

/** The headers of an answer: lower-case names, repeated ones joined. */
export function plainHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
}

function failed(error: unknown, { url, signal }: Pick<HttpRequest, 'url' | 'signal'>): CodedError {
  if (signal.aborted) return aborted(signal);
  if (error instanceof CodedError) return error;
  return new CodedError('REVIEWER_UNAVAILABLE', `${url.origin} gave no answer: ${networkCause(error)}`, {
    cause: error,
  });
}

function aborted(signal: AbortSignal): CodedError {
  return new CodedError('ABORTED', 'the request was cancelled', { cause: signal.reason });
}

function send(
  request: Omit<HttpRequest, 'maxBytes'>,
  lookupAddress: LookupFunction,
): Promise<IncomingMessage> {
  const { url, method, headers = {}, body, signal } = request;
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = start(url, {
      method,
      headers:
        body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent: false,
      lookup: lookupAddress,
      signal,
    });
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function vettedLookup(url: URL, { resolve, vetAddress }: HttpOptions): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    resolve(hostname).then(
      (addresses) => {
        try {
          for (const { address } of addresses) vetAddress(address, url);
          const [first] = addresses;
          if (first === undefined) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
          if (lookupOptions.all) callback(null, [...addresses]);
          else callback(null, first.address, first.family);
        } catch (error) {
          callback(error as NodeJS.ErrnoException, '', 0);
        }
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

async function readAll(response: IncomingMessage, request: HttpRequest): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(response, request)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** True for an error of TLS that no repetition heals: a certificate that is not trusted, expired, or of another name. */
export function isUntrusted(error: unknown): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH/.test(networkCause(error));
}

/** The code of a system or TLS error, never its message, which may hold what was sent. */
function networkCause(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'connection failed';
}
