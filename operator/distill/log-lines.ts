import type { Instant } from '../model.ts';
import { Envelope } from './envelope.ts';
import { LineParts } from './line-parts.ts';
import { TimestampReader } from './timestamp.ts';

/** Bytes of a line that are kept; the rest is counted and dropped. */
export const MAX_LINE_BYTES = 65_536;
/** Bytes of lines that are put in order together: disorder over a longer distance stays. */
export const BLOCK_BYTES = 1_048_576;

/** Takes the lines of one log. */
export interface LineHandler {
  /** One line: its bytes without timestamp and newline, valid until {@link settle}; its time, NaN where no line so far had one. */
  line(src: Uint8Array, from: number, to: number, time: Instant): void;
  /** The bytes of the lines so far are about to be overwritten. */
  settle(): void;
}

/**
 * Splits the bytes of one log into lines and hands them on in the order of their timestamps.
 * What a container runtime put around lines is taken off, and lines that it split are joined.
 * Lines are gathered in blocks of {@link BLOCK_BYTES}; a block whose timestamps are out of order is sorted stably. A line
 * without a timestamp belongs to the line before it. The result does not depend on how the bytes were cut into chunks.
 */
export class LogLines {
  lines = 0;
  bytes = 0;
  readonly #handle: LineHandler;
  readonly #reader = new TimestampReader();
  readonly #envelope = new Envelope(this.#reader);
  /** Of stdout and stderr. */
  readonly #parts = [new LineParts(MAX_LINE_BYTES), new LineParts(MAX_LINE_BYTES)] as const;
  #block: Uint8Array = new Uint8Array(16_384);
  #used = 0;
  #lineStart = 0;
  #dropping = false;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #times: Instant[] = [];
  #sorted = true;
  #time = Number.NaN;

  constructor(handle: LineHandler) {
    this.#handle = handle;
  }

  write(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    let from = 0;
    while (from < chunk.length) {
      const newline = chunk.indexOf(10, from);
      const to = newline < 0 ? chunk.length : newline;
      this.#append(chunk, from, to);
      if (newline < 0) return;
      this.#endLine();
      from = newline + 1;
    }
  }

  end(): void {
    if (this.#used > this.#lineStart || this.#dropping) this.#endLine();
    for (const parts of this.#parts) if (parts.length > 0) this.#addParts(parts);
    this.#flush();
    this.#block = new Uint8Array(0);
  }

  #append(chunk: Uint8Array, from: number, to: number): void {
    if (this.#dropping) return;
    const room = MAX_LINE_BYTES - (this.#used - this.#lineStart);
    const take = Math.min(room, to - from);
    if (take < to - from) this.#dropping = true;
    if (this.#used + take > this.#block.length) this.#grow(this.#used + take);
    this.#block.set(chunk.subarray(from, from + take), this.#used);
    this.#used += take;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#block.length * 2));
    larger.set(this.#block.subarray(0, this.#used));
    this.#block = larger;
  }

  #endLine(): void {
    this.#dropping = false;
    let time = this.#reader.read(this.#block, this.#lineStart, this.#used);
    const stamped = !Number.isNaN(time);
    let from = stamped ? this.#reader.end : this.#lineStart;
    let to = this.#used;
    const envelope = this.#envelope;
    if (envelope.open(this.#block, from, to, stamped)) {
      ({ from, to } = envelope);
      if (!stamped) time = envelope.time;
      const parts = this.#parts[envelope.stream];
      if (envelope.partial || parts.length > 0) {
        parts.add(this.#block, from, to, time);
        this.#used = this.#lineStart;
        if (!envelope.partial) this.#addParts(parts);
        return;
      }
    }
    this.#addLine(from, to, time);
  }

  /** Puts a line together where its last part stood. */
  #addParts(parts: LineParts): void {
    const from = this.#lineStart;
    const to = from + parts.length;
    if (to > this.#block.length) this.#grow(to);
    this.#block.set(parts.take(), from);
    this.#used = to;
    this.#addLine(from, to, parts.time);
  }

  #addLine(from: number, to: number, time: Instant): void {
    this.lines += 1;
    if (!Number.isNaN(time)) {
      if (time < this.#time) this.#sorted = false;
      this.#time = time;
    }
    this.#starts.push(from);
    this.#ends.push(to);
    this.#times.push(this.#time);
    this.#lineStart = this.#used;
    if (this.#used >= BLOCK_BYTES - MAX_LINE_BYTES || this.#starts.length >= 65_536) this.#flush();
  }

  #flush(): void {
    const count = this.#starts.length;
    const order = this.#sorted ? undefined : this.#order(count);
    for (let k = 0; k < count; k += 1) {
      const line = order === undefined ? k : (order[k] ?? k);
      this.#handle.line(
        this.#block,
        this.#starts[line] ?? 0,
        this.#ends[line] ?? 0,
        this.#times[line] ?? Number.NaN,
      );
    }
    this.#handle.settle();
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#times.length = 0;
    this.#sorted = true;
    this.#used = 0;
    this.#lineStart = 0;
  }

  #order(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, k) => k);
    // Lines before the first timestamp stay in front.
    const time = (k: number): number => {
      const t = this.#times[k] ?? Number.NaN;
      return Number.isNaN(t) ? -Infinity : t;
    };
    return order.sort((a, b) => {
      const ta = time(a);
      const tb = time(b);
      return ta === tb ? a - b : ta < tb ? -1 : 1;
    });
  }
}
