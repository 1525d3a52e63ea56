import { type FileHandle, open } from 'node:fs/promises';
import type { ContainerLog } from './container-log.ts';

/** What of a log is wanted (`core/v1 PodLogOptions`). */
export interface LogOptions {
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  /** The last records only; counted before `since` is looked at, as the kubelet does. */
  readonly tailLines?: number;
  /** Records of this time or later; nine fraction digits, UTC. */
  readonly since?: string;
  /** Stops after so many bytes of output, in the middle of a line if need be. */
  readonly limitBytes?: number;
}

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** Reads a log as the kubelet serves it; a follow ends with the container's process or with the signal. */
export async function* readLog(
  log: ContainerLog,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const file = await open(log.path, 'r');
  try {
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    for await (const output of renderRecords(chunks(file, log, options, signal), options)) {
      if (output.length >= left) {
        yield output.subarray(0, left);
        return;
      }
      left -= output.length;
      yield output;
    }
  } finally {
    await file.close();
  }
}

async function* chunks(
  file: FileHandle,
  log: ContainerLog,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let position = options.tailLines === undefined ? 0 : await tailStart(file, options.tailLines);
  while (!signal.aborted) {
    const wasClosed = log.closed;
    const appended = options.follow && !wasClosed ? nextAppend(log, signal) : undefined;
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
    if (bytesRead > 0) {
      position += bytesRead;
      appended?.cancel();
      yield buffer.subarray(0, bytesRead);
    } else if (appended === undefined) return;
    else await appended.happened;
  }
}

function nextAppend(log: ContainerLog, signal: AbortSignal): { happened: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = log.follow(() => done());
  const done = (): void => {
    stop();
    signal.removeEventListener('abort', done);
    resolve();
  };
  signal.addEventListener('abort', done, { once: true });
  return { happened: promise, cancel: done };
}

async function* renderRecords(input: AsyncIterable<Buffer>, options: LogOptions): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isContinued = false;
  for await (const chunk of input) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const output: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const time = bytes.indexOf(SPACE, start);
      const tag = bytes.indexOf(SPACE, time + 1) + 1;
      const isPartial = bytes[tag] === 0x50;
      if (options.since === undefined || bytes.toString('latin1', start, time) >= options.since) {
        if (options.timestamps && !isContinued) output.push(bytes.subarray(start, time + 1));
        output.push(bytes.subarray(tag + 2, isPartial ? end : end + 1));
      }
      isContinued = isPartial;
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
    if (output.length > 0) yield Buffer.concat(output);
  }
}

/** Where the last `lines` records of a file begin. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines <= 0) return size;
  let left = lines;
  for (let end = size; end > 0; end = Math.max(0, end - CHUNK)) {
    const start = Math.max(0, end - CHUNK);
    const { buffer } = await file.read(Buffer.allocUnsafe(end - start), 0, end - start, start);
    for (let index = end - start - 1; index >= 0; index -= 1) {
      if (buffer[index] !== NEWLINE || start + index === size - 1) continue;
      left -= 1;
      if (left === 0) return start + index + 1;
    }
  }
  return 0;
}
