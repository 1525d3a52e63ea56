import { CodedError } from '../errors.ts';

const NEWLINE = 0x0a;

/** An event larger than this ends the watch; etcd takes no object above 1.5 MiB, JSON escapes may double it. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/**
 * Decodes a byte stream of JSON values, one a line, whatever the chunks: the framing of a watch.
 * Empty lines are skipped; the last line may lack its newline.
 * @throws CodedError `API_UNEXPECTED` for a line that is not JSON or longer than `maxLineBytes`,
 *   `API_UNREACHABLE` for a stream cut in the middle of a value.
 */
export async function* decodeJsonLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<unknown, void, undefined> {
  let parts: Uint8Array[] = [];
  let pending = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const length = pending + end - start;
      refuseLong(length, maxLineBytes);
      parts.push(chunk.subarray(start, end));
      start = end + 1;
      const line = join(parts, length);
      parts = [];
      pending = 0;
      if (line.trim() !== '') yield parse(line);
    }
    if (start < chunk.length) {
      parts.push(chunk.slice(start));
      pending += chunk.length - start;
      refuseLong(pending, maxLineBytes);
    }
  }
  const rest = join(parts, pending);
  if (rest.trim() !== '') yield parseLast(rest);
}

function join(parts: readonly Uint8Array[], length: number): string {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return new TextDecoder().decode(first);
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return new TextDecoder().decode(whole);
}

function refuseLong(length: number, limit: number): void {
  if (length > limit) {
    throw new CodedError('API_UNEXPECTED', `a line of the watch is longer than ${limit} bytes`);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new CodedError('API_UNEXPECTED', `a line of the watch (${line.length} characters) is not JSON`);
  }
}

function parseLast(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new CodedError(
      'API_UNREACHABLE',
      `the watch broke off ${line.length} characters into an event: it resumes where it stood`,
    );
  }
}
