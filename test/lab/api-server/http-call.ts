import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'yaml';
import type { User } from './access.ts';
import { ApiError, badRequest, unsupportedMediaType } from './status.ts';

/** A whole answer; its body is sent as JSON, a string as plain text. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly warnings?: readonly string[];
}

/** One HTTP request on its way through the server. */
export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly user: User;
  /** Fires when the client has gone or the server stops. */
  readonly signal: AbortSignal;
}

const MAX_BODY = 3 * 1024 * 1024;

/** Reads a body whole. Throws the 413 of kube-apiserver beyond 3 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) {
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads an object that was sent as JSON or YAML. Throws a 400 when it does not parse, a 415 for protobuf. */
export async function readObject(request: IncomingMessage): Promise<unknown> {
  const type = contentType(request) || 'application/json';
  const body = await readBody(request);
  if (type !== 'application/json' && type !== 'application/yaml') {
    throw unsupportedMediaType(['application/json', 'application/yaml']);
  }
  if (body === '') return undefined;
  try {
    return type === 'application/yaml' ? parse(body) : JSON.parse(body);
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The content type without its parameters. */
export function contentType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

/** Writes a whole answer, unless the connection is gone. */
export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const isText = typeof answer.body === 'string';
  const payload = isText ? String(answer.body) : `${JSON.stringify(answer.body)}\n`;
  for (const warning of answer.warnings ?? []) {
    response.appendHeader('Warning', `299 - "${warning.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  }
  response.writeHead(answer.code, {
    'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'Cache-Control': 'no-cache, private',
    'Content-Length': Buffer.byteLength(payload),
  });
  response.end(payload);
}

/** Turns whatever was thrown into the Status that answers it. */
export function errorAnswer(error: unknown): Answer {
  if (error instanceof ApiError) return { code: error.status.code, body: error.status };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const unexpected = new ApiError(500, 'InternalError', `Internal error occurred: ${text}`);
  return { code: 500, body: unexpected.status };
}
