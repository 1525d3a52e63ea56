import { at } from './bytes.ts';
import { type Field, type JsonKey, JsonKeys, keyOfRank } from './json-keys.ts';
import { type Span, skipNested, skipSpace, stringEnd } from './json-scan.ts';
import type { Reading } from './readings.ts';
import { numberValue } from './scan-number.ts';
import type { UnitMatch } from './scan-unit.ts';

/** Pairs looked at in one record. */
const MAX_PAIRS = 256;
/** Longest key that can matter, in bytes. */
const MAX_KEY = 40;
/** Keys named of a record that has no message. */
const MAX_NAMED = 16;
/** Readings taken of one record. */
const MAX_READINGS = 8;
/** Longest number that is read, in bytes. */
const MAX_NUMBER = 32;

interface FoundSpan extends Span {
  rank: number;
  /** What {@link JsonRecord.text} made of it last: most records have the level and logger of the one before. */
  said: string;
}

/**
 * Finds the fields of a one-line JSON object without building it: one pass over the bytes.
 * Reuses its spans: what it found holds until the next {@link read}.
 */
export class JsonRecord {
  readonly #keys = new JsonKeys();
  readonly #spans = new Map<Field, FoundSpan>();
  readonly #named: JsonKey[] = [];
  readonly #unit: UnitMatch = { unit: 'none', end: 0, scale: 1 };
  #readings: Reading[] | undefined;
  #pairs = 0;
  #ok = true;

  /** True when `src[from, to)` is a JSON object with at least one pair; one cut off inside a value still counts. */
  read(src: Uint8Array, from: number, to: number): boolean {
    for (const span of this.#spans.values()) span.rank = Number.POSITIVE_INFINITY;
    this.#named.length = 0;
    this.#readings = undefined;
    this.#pairs = 0;
    this.#ok = true;
    this.#object(src, from, to, this.#keys.root, 0);
    return this.#ok && this.#pairs > 0;
  }

  /** Names of the top-level keys, for records without a message. */
  get keys(): string[] {
    return this.#named.map(({ path }) => path);
  }

  /** The values of fields that measure something. */
  get readings(): readonly Reading[] | undefined {
    return this.#readings;
  }

  /** The span of a field, undefined when the record lacks it. */
  field(name: Field): Span | undefined {
    const span = this.#spans.get(name);
    return span === undefined || span.rank === Number.POSITIVE_INFINITY ? undefined : span;
  }

  /** Which of its keys holds a field, undefined when the record lacks it. */
  key(name: Field): string | undefined {
    const span = this.#spans.get(name);
    return span === undefined ? undefined : keyOfRank(name, span.rank);
  }

  /** The value of a field as text of at most `max` bytes, escapes left as they are. */
  text(src: Uint8Array, name: Field, max: number): string | undefined {
    const span = this.#spans.get(name);
    if (span === undefined || span.rank === Number.POSITIVE_INFINITY) return undefined;
    const to = Math.min(span.to, span.from + max);
    if (isText(src, span.from, to, span.said)) return span.said;
    let out = '';
    for (let k = span.from; k < to; k += 1) out += String.fromCharCode(src[k] ?? 0);
    span.said = out;
    return out;
  }

  /** Reads the object that opens at `i`; gives the index behind it. */
  #object(src: Uint8Array, i: number, to: number, parent: JsonKey, depth: number): number {
    let j = i + 1;
    for (;;) {
      j = skipSpace(src, j, to);
      const c = at(src, j, to);
      if (c === 0x7d) return j + 1;
      if (c === 44) {
        j += 1;
        continue;
      }
      if (j >= to && this.#pairs > 0) return to;
      if (c !== 34 || this.#pairs >= MAX_PAIRS) {
        this.#ok = this.#pairs >= MAX_PAIRS;
        return to;
      }
      const keyEnd = stringEnd(src, j + 1, to);
      const key = this.#keys.find(src, j + 1, Math.min(keyEnd, j + 1 + MAX_KEY), parent);
      if (depth === 0 && this.#named.length < MAX_NAMED) this.#named.push(key);
      j = skipSpace(src, keyEnd + 1, to);
      if (at(src, j, to) !== 58) {
        if (j < to || this.#pairs === 0) this.#ok = false;
        return to;
      }
      this.#pairs += 1;
      j = this.#value(src, skipSpace(src, j + 1, to), to, key, depth);
    }
  }

  #value(src: Uint8Array, i: number, to: number, key: JsonKey, depth: number): number {
    const c = at(src, i, to);
    if (c === 34) {
      const end = stringEnd(src, i + 1, to);
      if (key.field !== undefined) this.#found(key.field, key.rank, i + 1, end);
      else if (key.measure !== undefined) this.#reading(src, i + 1, end, key);
      return Math.min(end + 1, to);
    }
    if (c === 0x7b) return key.nested ? this.#object(src, i, to, key, depth + 1) : skipNested(src, i, to);
    if (c === 0x5b) return skipNested(src, i, to);
    let j = i;
    while (j < to && src[j] !== 44 && src[j] !== 0x7d && src[j] !== 32) j += 1;
    if (c !== 0x6e) {
      if (key.field !== undefined) this.#found(key.field, key.rank, i, j);
      else if (key.measure !== undefined) this.#reading(src, i, j, key);
    }
    return j;
  }

  #found(field: Field, rank: number, from: number, to: number): void {
    if (to === from && field !== 'message') return;
    const known = this.#spans.get(field);
    if (known === undefined) this.#spans.set(field, { from, to, rank, said: '' });
    else if (rank < known.rank) {
      known.from = from;
      known.to = to;
      known.rank = rank;
    }
  }

  #reading(src: Uint8Array, from: number, to: number, { measure }: JsonKey): void {
    if (measure === undefined || to - from > MAX_NUMBER) return;
    const value = numberValue(src, from, to, this.#unit);
    if (!Number.isFinite(value)) return;
    this.#readings ??= [];
    if (this.#readings.length >= MAX_READINGS) return;
    // A value that brings its own unit, `"1.2s"`, is in milliseconds already.
    const { name, unit, factor } = measure;
    if (this.#unit.unit === 'duration') this.#readings.push({ name, unit: 'ms', value });
    else this.#readings.push({ name, unit, value: value * factor });
  }
}

/** True when `src[from, to)` is this text of Latin-1. */
function isText(src: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let k = 0; k < text.length; k += 1) if (src[from + k] !== text.charCodeAt(k)) return false;
  return true;
}
