import type { Instant } from '../model.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
/** `2026-01-02T03:04:05.123456789+02:00` is 35 characters. */
const MAX_TIMESTAMP = 40;
/** A line longer than this is passed on in pieces, unread. */
const MAX_HELD_LINE = 1024 * 1024;

/** The instant a line begins with, as `kubectl logs --timestamps` prints it; undefined when it begins otherwise. */
export function lineInstant(line: Uint8Array): Instant | undefined {
  const space = line.subarray(0, MAX_TIMESTAMP).indexOf(SPACE);
  if (space < 20) return undefined;
  const value = Date.parse(new TextDecoder('latin1').decode(line.subarray(0, space)));
  return Number.isNaN(value) ? undefined : value;
}

/**
 * Passes on the lines of a log from one instant to another. A runtime stamps the lines of one container in order, so
 * only the last line of a chunk is looked at while the cut is not in it; lines without a timestamp go with those before.
 */
export class LogCut {
  readonly #from: Instant;
  readonly #to: Instant;
  readonly #out: (chunk: Uint8Array) => void;
  #carry: Uint8Array = new Uint8Array(0);
  #state: 'before' | 'within' | 'after';
  #last: Instant | undefined;
  #isEmpty = true;

  /** @param out gets whole lines, except for the last one of the log and for those above 1 MiB. */
  constructor(range: { readonly from?: Instant; readonly to: Instant }, out: (chunk: Uint8Array) => void) {
    this.#from = range.from ?? -Infinity;
    this.#to = range.to;
    this.#out = out;
    this.#state = range.from === undefined ? 'within' : 'before';
  }

  /** True once a line after the end was seen: nothing more will be passed on. */
  get past(): boolean {
    return this.#state === 'after';
  }

  /** True while no byte has come. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** The latest instant known of a line that was passed on: the last one of a chunk. */
  get last(): Instant | undefined {
    return this.#last;
  }

  write(chunk: Uint8Array): void {
    this.#isEmpty = false;
    if (this.past) return;
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0 && this.#carry.length + chunk.length <= MAX_HELD_LINE) {
      this.#carry = concat(this.#carry, chunk);
      return;
    }
    const cut = end < 0 ? chunk.length : end + 1;
    const first = chunk.indexOf(NEWLINE);
    if (this.#carry.length > 0) {
      const head = first < 0 ? cut : first + 1;
      this.#lines(concat(this.#carry, chunk.subarray(0, head)));
      if (head < cut) this.#lines(chunk.subarray(head, cut));
    } else this.#lines(chunk.subarray(0, cut));
    this.#carry = chunk.slice(cut);
  }

  /** Passes on a last line that lacks its newline. */
  end(): void {
    if (this.#carry.length > 0 && !this.past) this.#lines(this.#carry);
    this.#carry = new Uint8Array(0);
  }

  #lines(lines: Uint8Array): void {
    let rest = lines;
    if (this.#state === 'before') {
      const start = offsetOf(rest, (instant) => instant >= this.#from);
      if (start === undefined) return;
      this.#state = 'within';
      rest = rest.subarray(start);
    }
    if (this.#state !== 'within') return;
    const last = lineInstant(rest.subarray(rest.lastIndexOf(NEWLINE, rest.length - 2) + 1));
    if (last !== undefined && last <= this.#to) {
      this.#last = last;
      this.#out(rest);
      return;
    }
    const end = offsetOf(rest, (instant) => instant > this.#to);
    if (end !== undefined) this.#state = 'after';
    if (end !== 0) this.#out(end === undefined ? rest : rest.subarray(0, end));
  }
}

/** Where the first line begins whose instant satisfies the condition. */
function offsetOf(lines: Uint8Array, condition: (instant: Instant) => boolean): number | undefined {
  for (let start = 0; start < lines.length; ) {
    const instant = lineInstant(lines.subarray(start));
    if (instant !== undefined && condition(instant)) return start;
    const end = lines.indexOf(NEWLINE, start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  return undefined;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b.slice();
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
