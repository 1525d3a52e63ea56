import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { CodedError } from '../../crds/errors.ts';

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

/**
 * Sends one request over a connection of its own and reads the whole answer.
 * Neither a redirect nor a compressed body is followed up; the address that was vetted is the one connected to.
 * @throws CodedError `REVIEWER_UNAVAILABLE` (no or broken answer), `REVIEWER_MALFORMED` (longer than `maxBytes`), `ABORTED`, and what `vetAddress` throws.
 */
export async function exchange(request: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const { url, signal, maxBytes } = request;
  if (signal.aborted) throw new CodedError('ABORTED', 'the request was cancelled', { cause: signal.reason });
  try {
    const response = await send(request, vettedLookup(url, options));
    return {
      status: response.statusCode ?? 0,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      ),
      text: await readAll(response, maxBytes, url),
    };
  } catch (error) {
    if (signal.aborted)
      throw new CodedError('ABORTED', 'the request was cancelled', { cause: signal.reason });
    if (error instanceof CodedError) throw error;
    throw new CodedError('REVIEWER_UNAVAILABLE', `${url.origin} gave no answer: ${networkCause(error)}`, {
      cause: error,
    });
  }
}

function send(request: HttpRequest, lookupAddress: LookupFunction): Promise<IncomingMessage> {
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

async function readAll(response: IncomingMessage, maxBytes: number, url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      response.destroy();
      throw new CodedError('REVIEWER_MALFORMED', `${url.origin} answered more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The code of a system or TLS error, never its message, which may hold what was sent. */
function networkCause(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'connection failed';
}
