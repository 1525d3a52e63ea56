/** Longest masked text, in bytes; what is behind it does not tell templates apart. */
export const MAX_MASKED = 512;
/** Numbers of one line whose place is remembered. */
const MAX_NUMBERS = 48;

/** The masked bytes of a line while they are written, and where its masked numbers came from. */
export class MaskedText {
  /** Longer than {@link MAX_MASKED}: whoever writes checks the length between two pieces, not within one. */
  readonly bytes = new Uint8Array(MAX_MASKED + 1_024);
  length = 0;
  /** Numbers remembered by {@link putNumber}. */
  numbers = 0;
  /** Of each of them: where its placeholder stands in {@link bytes}, and its bytes `[from, to)` in the source. */
  readonly numberAt = new Int32Array(MAX_NUMBERS);
  readonly numberFrom = new Int32Array(MAX_NUMBERS);
  readonly numberTo = new Int32Array(MAX_NUMBERS);
  #placeholder: Uint8Array | undefined;
  #placeholderEnd = -1;

  reset(): void {
    this.length = 0;
    this.numbers = 0;
    this.#placeholderEnd = -1;
  }

  /** Writes a placeholder; `<num>, <num>, <num>` says no more than `<num>`. True when it was not already there. */
  put(mask: Uint8Array): boolean {
    const out = this.bytes;
    const end = this.#placeholderEnd;
    let o = this.length;
    if (this.#placeholder === mask && end > 0) {
      const gap = o - end;
      if (out[end] === 44 && (gap === 1 || (gap === 2 && out[o - 1] === 32))) {
        this.length = end;
        return false;
      }
    }
    for (let k = 0; k < mask.length; k += 1) out[o++] = mask[k] ?? 0;
    this.length = o;
    this.#placeholder = mask;
    this.#placeholderEnd = o;
    return true;
  }

  /** Writes the placeholder of a number that stands at `[from, to)` of the source. */
  putNumber(mask: Uint8Array, from: number, to: number): void {
    if (!this.put(mask) || this.numbers >= MAX_NUMBERS) return;
    const k = this.numbers++;
    this.numberAt[k] = this.length - mask.length;
    this.numberFrom[k] = from;
    this.numberTo[k] = to;
  }

  /** Takes back everything from `o` on. */
  truncate(o: number): void {
    this.length = o;
    if (this.#placeholderEnd > o) this.#placeholderEnd = -1;
    while (this.numbers > 0 && (this.numberAt[this.numbers - 1] ?? 0) >= o) this.numbers -= 1;
  }

  /** The index of the number whose placeholder stands at `o`, -1 when that placeholder stands for something else. */
  numberIndex(o: number): number {
    for (let k = 0; k < this.numbers; k += 1) if (this.numberAt[k] === o) return k;
    return -1;
  }
}
