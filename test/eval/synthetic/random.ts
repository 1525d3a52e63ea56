/** A seeded source of chance: the same seed gives the same numbers on every machine. */
export class Random {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: string) {
    this.seed = seed;
    const hash = hashesOf(seed);
    this.#a = hash();
    this.#b = hash();
    this.#c = hash();
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A source of its own: what is drawn here does not move what is drawn there. */
  fork(label: string | number): Random {
    return new Random(`${this.seed}/${label}`);
  }

  /** sfc32 (C. Doty-Humphrey, PractRand). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#d++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** In [0, 1). */
  unit(): number {
    return this.uint32() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** Evenly spread on a scale of ratios. */
  logBetween(low: number, high: number): number {
    return Math.exp(this.between(Math.log(low), Math.log(high)));
  }

  /** A whole number, both ends included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  pick<T>(from: readonly T[]): T {
    const [first] = from;
    if (first === undefined) throw new RangeError('nothing to pick from');
    return from[this.int(0, from.length - 1)] ?? first;
  }

  /** An item by weights that are at least zero and not all zero. */
  weighted<T>(items: readonly { readonly weight: number; readonly item: T }[]): T {
    let left = this.unit() * items.reduce((sum, { weight }) => sum + weight, 0);
    for (const { weight, item } of items) {
      left -= weight;
      if (left < 0) return item;
    }
    const last = items.at(-1);
    if (last === undefined) throw new RangeError('nothing to pick from');
    return last.item;
  }

  sample<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0)
      taken.push(...left.splice(this.int(0, left.length - 1), 1));
    return taken;
  }

  /** The time to the next event of a Poisson process with this many events per unit. */
  exponential(rate: number): number {
    return -Math.log1p(-this.unit()) / rate;
  }

  /** 1, 2, 3, … with this mean. */
  geometric(mean: number): number {
    return mean <= 1 ? 1 : 1 + Math.floor(Math.log1p(-this.unit()) / Math.log1p(-1 / mean));
  }

  /** Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log1p(-this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }

  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.uint32().toString(16).padStart(8, '0');
    return text.slice(0, length);
  }

  uuid(): string {
    const h = this.hex(32);
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
  }
}

/** xmur3 (bryc): 32-bit hashes of a text, one after the other. */
function hashesOf(text: string): () => number {
  let h = 1779033703 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3432918353);
    h = (h << 13) | (h >>> 19);
  }
  return () => {
    h = Math.imul(h ^ (h >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    h ^= h >>> 16;
    return h >>> 0;
  };
}
