import type { Level } from '../model.ts';
import type { LineKind } from './line-kind.ts';
import type { TemplateRecord } from './template-table.ts';
import type { TextMeasure } from './text-measures.ts';

/** Shapes remembered before all are forgotten: the memory stays bounded whatever the logs hold. */
export const MAX_SHAPES = 16_384;

/** What was found out about a masked line, once. */
export interface Shape {
  readonly bytes: Uint8Array;
  readonly kind: LineKind;
  readonly level: Level;
  readonly logger: string | undefined;
  readonly message: string;
  readonly headed: boolean;
  /** The numbers in its text that are worth comparing. */
  readonly measures: readonly TextMeasure[];
  /** The template of a record of this shape that has no stack trace; set when first needed. */
  template: TemplateRecord | undefined;
  readonly next: Shape | undefined;
}

/**
 * Masked bytes → what they mean. A cache: everything in it follows from the bytes, so forgetting changes no result.
 * Equal hashes are told apart by their bytes.
 */
export class Shapes {
  #byHash = new Map<number, Shape>();
  #size = 0;
  #bytes: Uint8Array | undefined;
  #words: Int32Array = new Int32Array(0);

  /** The shape of `out[0, n)`, made by `parse` when it is not known. */
  get(
    out: Uint8Array,
    n: number,
    parse: (out: Uint8Array, n: number) => Omit<Shape, 'bytes' | 'next' | 'template'>,
  ): Shape {
    const hash = this.#hash(out, n);
    const first = this.#byHash.get(hash);
    for (let shape = first; shape !== undefined; shape = shape.next) {
      if (equal(shape.bytes, out, n)) return shape;
    }
    if (this.#size >= MAX_SHAPES) {
      this.#byHash = new Map();
      this.#size = 0;
    }
    const next = this.#size === 0 ? undefined : first;
    const shape: Shape = { ...parse(out, n), bytes: out.slice(0, n), template: undefined, next };
    this.#byHash.set(hash, shape);
    this.#size += 1;
    return shape;
  }

  /** FNV-1a, four bytes at a time. */
  #hash(out: Uint8Array, n: number): number {
    if (out !== this.#bytes) {
      this.#bytes = out;
      this.#words = new Int32Array(out.buffer, out.byteOffset, out.byteLength >> 2);
    }
    const words = this.#words;
    const whole = n >> 2;
    let hash = 0x811c9dc5 ^ n;
    for (let k = 0; k < whole; k += 1) {
      hash = Math.imul(hash ^ (words[k] ?? 0), 0x01000193);
      hash ^= hash >>> 15;
    }
    for (let k = whole << 2; k < n; k += 1) hash = Math.imul(hash ^ (out[k] ?? 0), 0x01000193);
    return hash;
  }
}

function equal(a: Uint8Array, b: Uint8Array, n: number): boolean {
  if (a.length !== n) return false;
  for (let k = 0; k < n; k += 1) if (a[k] !== b[k]) return false;
  return true;
}
