const SEGMENT = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * The newest bytes of a stream: at most `maxBytes`, in memory that does not grow beyond that and one segment of 256 KiB.
 * Segments that are let go of are filled again, by the next one too where they share them: what is left to the garbage
 * collector stays resident for long.
 */
export class LogTail {
  readonly #maxBytes: number;
  readonly #segments: { readonly bytes: Uint8Array; from: number; to: number }[] = [];
  readonly #free: Uint8Array[];
  #held = 0;
  #total = 0;

  /** @param free emptied segments, to be filled again; given by those who use one after the other */
  constructor(maxBytes: number, free: Uint8Array[] = []) {
    this.#maxBytes = maxBytes;
    this.#free = free;
  }

  /** Bytes written so far. */
  get total(): number {
    return this.#total;
  }

  /** True when the oldest bytes have been let go of. */
  get overflowed(): boolean {
    return this.#total > this.#maxBytes;
  }

  write(chunk: Uint8Array): void {
    this.#total += chunk.length;
    let rest = chunk.length > this.#maxBytes ? chunk.subarray(chunk.length - this.#maxBytes) : chunk;
    while (rest.length > 0) {
      const last = this.#room();
      const count = Math.min(rest.length, last.bytes.length - last.to);
      last.bytes.set(rest.subarray(0, count), last.to);
      last.to += count;
      this.#held += count;
      rest = rest.subarray(count);
    }
    this.#trim();
  }

  /** Lets go of everything held; `total` goes on counting. */
  clear(): void {
    for (const { bytes } of this.#segments) this.#free.push(bytes);
    this.#segments.length = 0;
    this.#held = 0;
  }

  /** The bytes held, oldest first, beginning with a whole line when older bytes were let go of. */
  *chunks(): Generator<Uint8Array, void, undefined> {
    let inLine = this.overflowed;
    for (const { bytes, from, to } of this.#segments) {
      let start = from;
      if (inLine) {
        const end = bytes.subarray(from, to).indexOf(NEWLINE);
        if (end < 0) continue;
        start = from + end + 1;
        inLine = false;
      }
      if (start < to) yield bytes.subarray(start, to);
    }
  }

  #room(): { readonly bytes: Uint8Array; from: number; to: number } {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.to < last.bytes.length) return last;
    const segment = { bytes: this.#free.pop() ?? new Uint8Array(SEGMENT), from: 0, to: 0 };
    this.#segments.push(segment);
    return segment;
  }

  #trim(): void {
    let excess = this.#held - this.#maxBytes;
    while (excess > 0) {
      const first = this.#segments[0];
      if (first === undefined) return;
      const count = Math.min(excess, first.to - first.from);
      first.from += count;
      this.#held -= count;
      excess -= count;
      if (first.from === first.to) {
        this.#segments.shift();
        this.#free.push(first.bytes);
      }
    }
  }
}
