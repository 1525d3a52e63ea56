import type { Instant } from '../model.ts';

/** The parts so far of a line that a container runtime has split, at most `max` bytes. */
export class LineParts {
  length = 0;
  /** Of the first part. */
  time: Instant = Number.NaN;
  readonly #max: number;
  #bytes = new Uint8Array(0);

  constructor(max: number) {
    this.#max = max;
  }

  add(src: Uint8Array, from: number, to: number, time: Instant): void {
    if (this.length === 0) this.time = time;
    const take = Math.min(to - from, this.#max - this.length);
    if (this.length + take > this.#bytes.length) {
      const larger = new Uint8Array(
        Math.min(this.#max, Math.max(this.length + take, 2 * this.#bytes.length)),
      );
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(src.subarray(from, from + take), this.length);
    this.length += take;
  }

  /** The bytes so far; begins anew. Valid until the next {@link add}. */
  take(): Uint8Array {
    const all = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return all;
  }
}
