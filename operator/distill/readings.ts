/** One value of a numeric field of a record. */
export interface Reading {
  /** The field's name as logged; `#2` for the second placeholder of a text. */
  readonly name: string;
  readonly unit: 'ms' | undefined;
  readonly value: number;
}

/** Values kept of one field in one log. */
export const MAX_KEPT = 250;
/** Rises after which values that never fell are a running total: by chance, one such row in 720. */
const LEAST_STEPS = 5;

/**
 * A fixed number of the values that one log has of a field. Which ones is told by a hash of their ordinal, so it is the same
 * in every run, whatever the order in which logs are read, and independent of the values.
 */
export class ReadingSample {
  count = 0;
  #kept: { readonly priority: number; readonly value: number }[] = [];
  #threshold = Number.POSITIVE_INFINITY;
  #last = Number.NaN;
  #rises = 0;
  #falls = 0;

  add(value: number): void {
    const priority = mixed(this.count);
    this.count += 1;
    if (value > this.#last) this.#rises += 1;
    else if (value < this.#last) this.#falls += 1;
    this.#last = value;
    if (priority >= this.#threshold) return;
    this.#kept.push({ priority, value });
    if (this.#kept.length >= 2 * MAX_KEPT) {
      this.#kept = lowest(this.#kept, MAX_KEPT);
      this.#threshold = this.#kept.at(-1)?.priority ?? this.#threshold;
    }
  }

  /** True when a value was smaller than the one before. */
  get falls(): boolean {
    return this.#falls > 0;
  }

  /** True when the values rose time and again and never fell: bytes sent so far, time since the start. */
  get onlyGrows(): boolean {
    return this.#falls === 0 && this.#rises >= LEAST_STEPS;
  }

  /** At most `most` values of several samples, in ascending order, to four significant digits. */
  static merge(samples: readonly ReadingSample[], most: number): number[] {
    const all = samples.flatMap((sample) => sample.#kept);
    return lowest(all, Math.min(most, MAX_KEPT))
      .map(({ value }) => Number(value.toPrecision(4)))
      .sort((a, b) => a - b);
  }
}

function lowest<T extends { readonly priority: number; readonly value: number }>(
  all: readonly T[],
  most: number,
): T[] {
  return [...all].sort((a, b) => a.priority - b.priority || a.value - b.value).slice(0, most);
}

/** Spreads ordinals over 32 bits, each to another number (the finaliser of MurmurHash3, Austin Appleby, public domain). */
function mixed(ordinal: number): number {
  let h = ordinal | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
