import { ApiError } from '../../crds/client/api-error.ts';
import { createBackoff } from '../../crds/client/backoff.ts';
import { isCoded } from '../../crds/errors.ts';
import type { Instant } from '../model.ts';
import { LogCut, lineInstant } from './log-cut.ts';
import { type LogLocation, type LogSlice, type LogStreamOptions, streamLog } from './log-stream.ts';
import { LogTail } from './log-tail.ts';

/** What of a log is wanted. */
export interface LogWish {
  readonly from?: Instant;
  readonly to: Instant;
  /** The newest bytes that are kept. */
  readonly maxBytes: number;
  /** Read only the oldest bytes, this many: how the container started. */
  readonly headBytes?: number;
  /** False where no run within the range is known: a log that is not there is nothing missing then. True when absent. */
  readonly existed?: boolean;
}

/** How a log is read. */
export interface LogReadOptions extends LogStreamOptions {
  /** Nothing is read, and no other try is made, beyond this instant. */
  readonly deadline?: Instant;
  /** Memory that logs read one after the other share, see {@link LogTail}. */
  readonly segments?: Uint8Array[];
  /** Resolves when more may be handed on without piling up. */
  readonly drained?: () => Promise<void> | undefined;
}

/** How one reading went. */
export interface LogReading {
  /** Bytes handed on. */
  readonly bytes: number;
  /** When the newest of them were written, where that is known. */
  readonly last?: Instant;
  /** What is missing, for a person; absent when nothing is. */
  readonly gap?: string;
  /** True when the log existed and some of it was not read, for another reason than `maxBytes`. */
  readonly incomplete: boolean;
  /** True when that is because its pod has gone. */
  readonly gone?: boolean;
  /** True when it was longer than `maxBytes`, so that its older part was left out. */
  readonly cut?: boolean;
}

/**
 * Bytes of one log held in memory at most; a longer log is read twice, the second time only its newest part. As many times
 * as logs are read at a time, and every byte of it is resident.
 */
export const HOLD_BYTES = 4 * 1024 * 1024;
const CHECKPOINT_BYTES = 256 * 1024;
const ATTEMPTS = 3;

/**
 * Reads one container's log into `write`, the newest `maxBytes` of it, oldest first. What cannot be read is told, not
 * thrown. A 429, a 5xx and a connection that breaks are tried again up to three times in all, always before anything of
 * that try was handed on; a time limit is not.
 * @throws CodedError `ABORTED` when the caller's signal fired.
 */
export async function readLog(
  location: LogLocation,
  wish: LogWish,
  options: LogReadOptions,
  write: (chunk: Uint8Array) => void,
): Promise<LogReading> {
  const holding = Math.min(wish.maxBytes, HOLD_BYTES);
  const first = await scan(location, wish, holding, options);
  if (first.tail.overflowed && wish.maxBytes > holding) {
    first.tail.clear();
    return readNewest(location, wish, options, write, first);
  }
  let bytes = 0;
  for (const chunk of first.tail.chunks()) {
    bytes += chunk.length;
    write(chunk);
    await options.drained?.();
  }
  first.tail.clear();
  const read = { bytes, ...(first.last === undefined ? {} : { last: first.last }) };
  return reading(read, first.failure, cutNote(first.tail.total, wish.maxBytes), location, wish);
}

/** One pass over a log that keeps its newest bytes and notes where in time its parts are. */
interface Scan {
  readonly tail: LogTail;
  readonly checkpoints: { readonly offset: number; readonly instant: Instant }[];
  readonly last?: Instant;
  readonly failure?: unknown;
}

async function scan(
  location: LogLocation,
  wish: LogWish,
  holding: number,
  options: LogReadOptions,
): Promise<Scan> {
  const retry = retries(options);
  for (;;) {
    const tail = new LogTail(holding, options.segments);
    const checkpoints: Scan['checkpoints'] = [];
    const cut = new LogCut(range(wish), (lines) => {
      if (tail.total - (checkpoints.at(-1)?.offset ?? -Infinity) >= CHECKPOINT_BYTES) {
        const instant = lineInstant(lines);
        if (instant !== undefined) checkpoints.push({ offset: tail.total, instant });
      }
      tail.write(lines);
    });
    try {
      await pump(location, slice(wish), options, cut);
      return { tail, checkpoints, ...newest(cut) };
    } catch (failure) {
      if (isCoded(failure, 'ABORTED')) throw failure;
      if (!(await retry(failure))) {
        cut.end();
        return { tail, checkpoints, failure, ...newest(cut) };
      }
      tail.clear();
    }
  }
}

/** Waits before another try, as long as was asked for; false where one is not worth it, or would come too late. */
function retries({
  clock,
  deadline = Infinity,
  signal,
}: LogReadOptions): (failure: unknown) => Promise<boolean> {
  const backoff = createBackoff({ initialMs: 250, maxMs: 5000 });
  let attempts = 1;
  return async (failure) => {
    if (!worthAnotherTry(failure) || attempts++ >= ATTEMPTS) return false;
    const asked = failure instanceof ApiError ? (failure.retryAfterSeconds ?? 0) * 1000 : 0;
    const pause = Math.max(asked, backoff.next());
    if (clock.now() + pause >= deadline) return false;
    await clock.sleep(pause, signal);
    return true;
  };
}

/** The second pass: straight on, beginning where the first one found the newest `maxBytes` to begin. */
async function readNewest(
  location: LogLocation,
  wish: LogWish,
  options: LogReadOptions,
  write: (chunk: Uint8Array) => void,
  first: Scan,
): Promise<LogReading> {
  const { total } = first.tail;
  const start = first.checkpoints.find(({ offset }) => offset >= total - wish.maxBytes);
  const from = total <= wish.maxBytes ? wish.from : (start?.instant ?? wish.from);
  let bytes = 0;
  const cut = new LogCut({ to: wish.to, ...(from === undefined ? {} : { from }) }, (lines) => {
    bytes += lines.length;
    write(lines);
  });
  let { failure } = first;
  const retry = retries(options);
  for (let again = true; again; ) {
    again = false;
    try {
      await pump(location, from === undefined ? {} : { since: from }, options, cut);
    } catch (error) {
      if (isCoded(error, 'ABORTED')) throw error;
      again = bytes === 0 && cut.isEmpty && (await retry(error));
      if (again) continue;
      cut.end();
      failure = error;
    }
  }
  if (failure === undefined && bytes < total - (total <= wish.maxBytes ? 0 : (start?.offset ?? 0))) {
    return {
      bytes,
      incomplete: true,
      gap: `only ${size(bytes)} were read: it was rotated while it was read`,
    };
  }
  const read = { bytes, ...newest(cut) };
  return reading(read, failure, cutNote(total, wish.maxBytes), location, wish);
}

async function pump(
  location: LogLocation,
  asked: LogSlice,
  options: LogReadOptions,
  cut: LogCut,
): Promise<void> {
  const { deadline = Infinity, clock, timeouts } = options;
  const totalMs = Math.max(0, Math.min(timeouts.totalMs, deadline - clock.now()));
  for await (const chunk of streamLog(location, asked, { ...options, timeouts: { ...timeouts, totalMs } })) {
    cut.write(chunk);
    if (cut.past) return;
    await options.drained?.();
  }
  cut.end();
}

function range(wish: LogWish): { from?: Instant; to: Instant } {
  return { to: wish.to, ...(wish.from === undefined ? {} : { from: wish.from }) };
}

function slice(wish: LogWish): LogSlice {
  if (wish.headBytes !== undefined) return { limitBytes: wish.headBytes };
  return wish.from === undefined ? {} : { since: wish.from };
}

function newest({ last }: LogCut): { last?: Instant } {
  return last === undefined ? {} : { last };
}

function worthAnotherTry(error: unknown): boolean {
  return isCoded(error, 'API_THROTTLED') || isCoded(error, 'API_UNREACHABLE');
}

function cutNote(total: number, maxBytes: number): string | undefined {
  return total > maxBytes ? `only the newest ${size(maxBytes)} of ${size(total)} were read` : undefined;
}

function reading(
  read: Pick<LogReading, 'bytes' | 'last'>,
  failure: unknown,
  note: string | undefined,
  location: LogLocation,
  wish: LogWish,
): LogReading {
  if (failure === undefined) {
    return { ...read, incomplete: false, ...(note === undefined ? {} : { gap: note, cut: true }) };
  }
  const { text, exists } = explain(failure, location, wish.existed ?? true);
  const gap = read.bytes > 0 ? `cut after ${size(read.bytes)}: ${text}` : text;
  return { ...read, incomplete: exists, gap, ...(isGone(failure) ? { gone: true } : {}) };
}

function isGone(failure: unknown): boolean {
  return failure instanceof ApiError && failure.status === 404;
}

/** What a failed reading means; a container that has not started has no log. */
function explain(
  failure: unknown,
  location: LogLocation,
  existed: boolean,
): { text: string; exists: boolean } {
  const message = failure instanceof Error ? failure.message : String(failure);
  if (failure instanceof ApiError) {
    if (failure.status === 403) return { text: `refused: ${message}`, exists: true };
    if (isGone(failure)) return { text: 'the pod has gone and its log with it', exists: existed };
    if (failure.status === 400 && /waiting to start|PodInitializing|ContainerCreating/i.test(message)) {
      return { text: 'it is waiting to start and has no log yet', exists: false };
    }
    if (failure.status === 400 && location.previous && /not found/i.test(message)) {
      return { text: 'the log of the run before is no longer there', exists: existed };
    }
  }
  return { text: message, exists: true };
}

function size(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  return bytes >= 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${bytes} bytes`;
}
