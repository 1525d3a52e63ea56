import type { IncomingMessage } from 'node:http';

/** One request, read whole. */
export interface AgentRequest {
  readonly method: string;
  /** Without the query; as it was sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Fires when the caller has gone before it was answered. */
  readonly signal: AbortSignal;
}

/** What is answered: a JSON value, or events as they come. */
export type AgentResponse =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly json: unknown }
  | { readonly events: AsyncIterable<string> };

/** Why a request cannot be read: the status it is answered with. */
export type BodyProblem = { readonly tooLong: true } | { readonly broken: true };

/** The body of a request, at most `maxBytes` long. */
export async function readBody(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<{ readonly body: string } | BodyProblem> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBytes) return { tooLong: true };
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) return { tooLong: true };
      chunks.push(chunk);
    }
  } catch {
    return { broken: true };
  }
  return { body: Buffer.concat(chunks).toString('utf8') };
}

/** The headers as one text each. */
export function headersOf(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
}
