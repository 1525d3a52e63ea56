import {
  ascii,
  at,
  CLASS,
  CONTROL,
  DIGIT,
  digitsEnd,
  HEX,
  isAlnum,
  isDigit,
  LETTER,
  SPACE,
  startsWith,
} from './bytes.ts';
import { keepsNumber } from './kept-numbers.ts';
import {
  scanIpv4,
  scanIpv6,
  scanPodSuffix,
  scanTimestamp,
  scanUnit,
  scanUuid,
  scanWordTimestamp,
  type UnitMatch,
} from './scan.ts';

/** Longest masked text, in bytes; what is behind it does not tell templates apart. */
export const MAX_MASKED = 512;

const TS = ascii('<ts>');
const UUID = ascii('<uuid>');
const IP = ascii('<ip>');
const HEXADECIMAL = ascii('<hex>');
const NUM = ascii('<num>');
const DURATION = ascii('<dur>');
const SIZE = ascii('<size>');
const ID = ascii('<id>');
const POD = ascii('<pod>');
const EMAIL = ascii('<email>');
const BINARY = ascii('<bin>');
const OBJECT = new Uint8Array([0x7b, 0xe2, 0x80, 0xa6, 0x7d]);
const QUERY = ascii('?<query>');

/**
 * Replaces what varies from record to record by placeholders, in one pass over the bytes.
 *
 * Timestamps, UUIDs, addresses, hexadecimal runs of 8 and more, durations, sizes, numbers, mixed ids, pod names, e-mail
 * addresses, URL queries and brace objects are masked; runs of spaces become one, ANSI sequences vanish, a list of equal
 * placeholders becomes one. Numbers that mean something stay (see {@link keepsNumber}). Linear: every look-ahead is
 * bounded, but for that over a brace object, which is given up for the rest of a line after its first failure.
 */
export class Masker {
  /** The masked bytes of the last {@link mask}, as far as the length it gave. */
  readonly out = new Uint8Array(MAX_MASKED + 1_024);
  #o = 0;
  #pod: Uint8Array = new Uint8Array(0);
  #placeholder: Uint8Array | undefined;
  #placeholderEnd = -1;
  #braces = true;
  readonly #unit: UnitMatch = { unit: 'none', end: 0 };

  /** Names the pod whose lines follow: its own name is masked in them. */
  setPod(name: Uint8Array): void {
    this.#pod = name;
  }

  /** Masks `src[from, to)`; gives the number of bytes in {@link out}, at most {@link MAX_MASKED}. */
  mask(src: Uint8Array, from: number, to: number): number {
    const out = this.out;
    const podFirst = this.#pod.length > 3 ? (this.#pod[0] ?? 0) : 256;
    this.#o = 0;
    this.#placeholderEnd = -1;
    this.#braces = true;
    let i = from;
    while (i < to && this.#o < MAX_MASKED) {
      const c = src[i] ?? 0;
      switch (CLASS[c]) {
        case LETTER:
          if (c === podFirst && this.#isPod(src, i, to)) {
            this.#put(POD);
            i += this.#pod.length;
          } else i = this.#word(src, i, to);
          break;
        case DIGIT:
          i = this.#isPodDigit(src, i, to, podFirst) ? i + this.#pod.length : this.#digits(src, i, to);
          break;
        case SPACE:
          if (this.#o > 0 ? out[this.#o - 1] !== 32 : true) out[this.#o++] = 32;
          i += 1;
          break;
        case CONTROL:
          i = this.#control(src, i, to);
          break;
        default:
          i = this.#punctuation(src, i, to, c);
      }
    }
    let end = Math.min(this.#o, MAX_MASKED);
    while (end > 0 && out[end - 1] === 32) end -= 1;
    return end;
  }

  #put(mask: Uint8Array): void {
    const out = this.out;
    // `<num>, <num>, <num>` says no more than `<num>`.
    if (this.#placeholder === mask && this.#placeholderEnd > 0) {
      const gap = this.#o - this.#placeholderEnd;
      if (out[this.#placeholderEnd] === 44 && (gap === 1 || (gap === 2 && out[this.#o - 1] === 32))) {
        this.#o = this.#placeholderEnd;
        return;
      }
    }
    for (let k = 0; k < mask.length; k += 1) out[this.#o++] = mask[k] ?? 0;
    this.#placeholder = mask;
    this.#placeholderEnd = this.#o;
  }

  #isPod(src: Uint8Array, i: number, to: number): boolean {
    return (
      startsWith(src, i, to, this.#pod) &&
      !isAlnum(at(src, i + this.#pod.length, to)) &&
      this.#atBoundary(src, i)
    );
  }

  #isPodDigit(src: Uint8Array, i: number, to: number, podFirst: number): boolean {
    if (src[i] !== podFirst || !this.#isPod(src, i, to)) return false;
    this.#put(POD);
    return true;
  }

  #atBoundary(src: Uint8Array, i: number): boolean {
    return i === 0 || !isAlnum(src[i - 1] ?? 0);
  }

  /** A run of letters and digits that starts with a letter. */
  #word(src: Uint8Array, i: number, to: number): number {
    const out = this.out;
    const limit = Math.min(to, i + MAX_MASKED);
    let j = i;
    while (j < limit && CLASS[src[j] ?? 0] === LETTER) j += 1;
    const n = j - i;
    const next = at(src, j, to);
    if (CLASS[next] === DIGIT || n >= 8) {
      const special = this.#special(src, i, to);
      if (special > 0) return special;
    } else if (n === 3 && (next === 32 || next === 44)) {
      const end = scanWordTimestamp(src, i, to);
      if (end > 0) {
        this.#put(TS);
        return end;
      }
    } else if (next === 45 || next === 58) {
      const special = this.#dashedOrColons(src, i, to, next);
      if (special > 0) return special;
    }
    let o = this.#o;
    for (let k = i; k < j; k += 1) out[o++] = src[k] ?? 0;
    this.#o = o;
    return CLASS[next] === DIGIT && j < limit ? this.#number(src, j, to, false) : j;
  }

  /** UUIDs, pod suffixes and IPv6 addresses that start with a letter. */
  #dashedOrColons(src: Uint8Array, i: number, to: number, next: number): number {
    if (next === 58) {
      const end = (HEX[src[i] ?? 0] ?? 16) < 16 && this.#atBoundary(src, i) ? scanIpv6(src, i, to) : -1;
      if (end > 0) this.#put(IP);
      return end;
    }
    return this.#podSuffix(src, i, to);
  }

  #podSuffix(src: Uint8Array, i: number, to: number): number {
    if (this.#o === 0 || src[i - 1] !== 45) return -1;
    const end = scanPodSuffix(src, i, to);
    if (end > 0) this.#put(POD);
    return end;
  }

  /** Runs of letters and digits that are one value: UUID, pod suffix, hexadecimal, mixed id. */
  #special(src: Uint8Array, i: number, to: number): number {
    let j = i;
    let digits = 0;
    let turns = 0;
    let hex = true;
    let wasDigit = isDigit(src[i] ?? 0);
    for (; j < to; j += 1) {
      const c = src[j] ?? 0;
      const k = CLASS[c];
      if (k !== LETTER && k !== DIGIT) break;
      const digit = k === DIGIT;
      if (digit !== wasDigit) turns += 1;
      wasDigit = digit;
      if (digit) digits += 1;
      if ((HEX[c] ?? 16) > 15) hex = false;
    }
    const n = j - i;
    const next = at(src, j, to);
    if (n === 8 && hex && next === 45) {
      const end = scanUuid(src, i, to);
      if (end > 0) {
        this.#put(UUID);
        return end;
      }
    }
    if (next === 45) {
      const end = this.#podSuffix(src, i, to);
      if (end > 0) return end;
    }
    if (next === 58 && hex && n <= 4) {
      const end = scanIpv6(src, i, to);
      if (end > 0) {
        this.#put(IP);
        return end;
      }
    }
    // A short hexadecimal run may by chance hold no letter, a long one hardly: the short ones share the mask of numbers.
    if (hex && (n >= 16 || (n >= 4 && src[i - 1] === 64))) this.#put(HEXADECIMAL);
    else if (hex && n >= 8 && digits > 0) this.#put(NUM);
    else if (digits > 0 && (turns >= 4 || (turns === 3 && n <= 8) || (turns >= 2 && n >= 20))) this.#put(ID);
    else return -1;
    return j;
  }

  /** Digits at the start of a run. */
  #digits(src: Uint8Array, i: number, to: number): number {
    const run = digitsEnd(src, i, to);
    const next = at(src, run, to);
    const n = run - i;
    if (next === 58 || next === 45 || next === 47 || next === 46 || (n === 8 && next === 84)) {
      const stamp = scanTimestamp(src, i, to);
      if (stamp > 0) {
        this.#put(TS);
        return stamp;
      }
      if (next === 46 && n <= 3) {
        const end = scanIpv4(src, i, to);
        if (end > 0) {
          this.#put(IP);
          return end;
        }
      }
    }
    if (next === 120 && n === 1 && src[i] === 48 && (HEX[at(src, run + 1, to)] ?? 16) < 16) {
      let j = run + 1;
      while (j < to && (HEX[src[j] ?? 0] ?? 16) < 16) j += 1;
      this.#put(HEXADECIMAL);
      return j;
    }
    if (n >= 16 && !isAlnum(next)) {
      this.#put(HEXADECIMAL);
      return run;
    }
    if (n <= 5 && keepsNumber(src, i, run, to, this.out, this.#o)) {
      for (let k = i; k < run; k += 1) this.out[this.#o++] = src[k] ?? 0;
      return run;
    }
    return this.#number(src, i, to, true);
  }

  /** A number with fraction, exponent and unit. At the start of its run it may also be the start of an id or a duration. */
  #number(src: Uint8Array, i: number, to: number, startsRun: boolean): number {
    let j = digitsEnd(src, i, to);
    if (startsRun && (CLASS[at(src, j, to)] === LETTER || at(src, j, to) === 45 || at(src, j, to) === 58)) {
      const unitEnd = this.#durationChain(src, i, to);
      if (unitEnd > 0) {
        this.#put(DURATION);
        return unitEnd;
      }
      const special = this.#special(src, i, to);
      if (special > 0) return special;
    }
    while ((at(src, j, to) === 46 || at(src, j, to) === 44) && isDigit(at(src, j + 1, to))) {
      if (at(src, j, to) === 44 && !(isThousands(src, j, to) && j - i <= 15)) break;
      j = digitsEnd(src, j + 1, to);
    }
    const e = at(src, j, to);
    if (e === 69 || e === 101) {
      const sign = at(src, j + 1, to);
      const digits = sign === 43 || sign === 45 ? j + 2 : j + 1;
      const end = digitsEnd(src, digits, to);
      if (end > digits && !isAlnum(at(src, end, to))) j = end;
    }
    if (startsRun) scanUnit(src, j, to, this.#unit);
    else this.#unit.unit = 'none';
    if (this.#unit.unit === 'duration') {
      const end = this.#durationChain(src, i, to);
      this.#put(DURATION);
      return end > 0 ? end : this.#unit.end;
    }
    if (this.#unit.unit === 'size') {
      this.#put(SIZE);
      return this.#unit.end;
    }
    this.#put(NUM);
    // `1.2.3-rc4`, `500abc`: the rest of the run is handled as it comes.
    return CLASS[at(src, j, to)] === LETTER ? this.#tail(src, j, to) : j;
  }

  /** `1h2m3.5s`: numbers each with a unit of time and nothing between; -1 when it is not that. */
  #durationChain(src: Uint8Array, i: number, to: number): number {
    let j = i;
    for (let part = 0; part < 5; part += 1) {
      let end = digitsEnd(src, j, to);
      // More digits than that are a hexadecimal run that ends in `d`.
      if (end === j || (part === 0 && end - j > 6)) return -1;
      if (at(src, end, to) === 46 && isDigit(at(src, end + 1, to))) end = digitsEnd(src, end + 1, to);
      scanUnit(src, end, to, this.#unit);
      if (this.#unit.unit !== 'duration' || at(src, end, to) === 32) return -1;
      j = this.#unit.end;
      if (!isDigit(at(src, j, to))) return isAlnum(at(src, j, to)) ? -1 : j;
    }
    return -1;
  }

  #tail(src: Uint8Array, i: number, to: number): number {
    const out = this.out;
    let j = i;
    while (j < to && this.#o < MAX_MASKED && CLASS[src[j] ?? 0] === LETTER) out[this.#o++] = src[j++] ?? 0;
    return j < to && CLASS[src[j] ?? 0] === DIGIT && this.#o < MAX_MASKED
      ? this.#number(src, j, to, false)
      : j;
  }

  #control(src: Uint8Array, i: number, to: number): number {
    if (src[i] === 27) return ansiEnd(src, i, to);
    if (src[i] === 13) return i + 1;
    let j = i + 1;
    while (j < to && CLASS[src[j] ?? 0] === CONTROL && src[j] !== 27) j += 1;
    this.#put(BINARY);
    return j;
  }

  #punctuation(src: Uint8Array, i: number, to: number, c: number): number {
    if (c === 0x7b && this.#braces) {
      const end = this.#object(src, i, to);
      if (end > 0) return end;
    } else if (c === 0x3f) {
      const end = queryEnd(src, i, to);
      if (end > 0) {
        this.#put(QUERY);
        return end;
      }
    } else if (c === 0x40) {
      const end = this.#email(src, i, to);
      if (end > 0) return end;
    } else if ((c === 45 || c === 43) && isDigit(at(src, i + 1, to)) && this.#startsNumber()) {
      return this.#signed(src, i, to);
    } else if (c === 58 && at(src, i + 1, to) === 58 && (this.#o === 0 || this.out[this.#o - 1] === 32)) {
      const end = scanIpv6(src, i, to);
      if (end > i + 2) {
        this.#put(IP);
        return end;
      }
    }
    this.out[this.#o++] = c;
    return i + 1;
  }

  #startsNumber(): boolean {
    if (this.#o === 0) return true;
    const c = this.out[this.#o - 1];
    return c === 32 || c === 61 || c === 40 || c === 91 || c === 44 || c === 58;
  }

  #signed(src: Uint8Array, i: number, to: number): number {
    const run = digitsEnd(src, i + 1, to);
    if (keepsNumber(src, i + 1, run, to, this.out, this.#o)) this.out[this.#o++] = src[i] ?? 0;
    return this.#digits(src, i + 1, to);
  }

  /** `{…}` for a balanced object with something in it, also for one that the line's end cuts off. */
  #object(src: Uint8Array, i: number, to: number): number {
    const first = at(src, i + 1, to);
    let depth = 0;
    let quote = 0;
    let pairs = false;
    for (let j = i; j < to; j += 1) {
      const c = src[j] ?? 0;
      if (quote !== 0) {
        if (c === 92) j += 1;
        else if (c === quote) quote = 0;
      } else if (c === 34) quote = c;
      else if (c === 0x7b) depth += 1;
      else if (c === 0x3a || c === 0x3d) pairs = true;
      else if (c === 0x7d && --depth === 0) {
        if (!pairs) return -1;
        this.#put(OBJECT);
        return j + 1;
      }
    }
    this.#braces = false;
    if (first !== 34 && first !== 92) return -1;
    this.#put(OBJECT);
    return to;
  }

  #email(src: Uint8Array, i: number, to: number): number {
    let j = i + 1;
    let dot = -1;
    const limit = Math.min(to, i + 254);
    for (; j < limit; j += 1) {
      const c = src[j] ?? 0;
      if (c === 46) dot = j;
      else if (!isAlnum(c) && c !== 45) break;
    }
    if (dot < 0 || CLASS[at(src, dot + 1, to)] !== LETTER || i === 0) return -1;
    const before = src[i - 1] ?? 0;
    if (!isAlnum(before)) return -1;
    let o = this.#o;
    while (o > 0 && !breaksLocalPart(this.out[o - 1] ?? 0)) o -= 1;
    this.#o = o;
    if (this.#placeholderEnd > o) this.#placeholderEnd = -1;
    this.#put(EMAIL);
    return j;
  }
}

function breaksLocalPart(c: number): boolean {
  return (
    c === 32 ||
    c === 34 ||
    c === 39 ||
    c === 61 ||
    c === 40 ||
    c === 44 ||
    c === 58 ||
    c === 59 ||
    c === 91 ||
    c === 47
  );
}

function isThousands(src: Uint8Array, comma: number, to: number): boolean {
  const end = digitsEnd(src, comma + 1, to);
  return end - comma === 4;
}

/** The end of `?key=value&…`, -1 when the question mark starts no query. */
function queryEnd(src: Uint8Array, i: number, to: number): number {
  let j = i + 1;
  const limit = Math.min(to, i + 65);
  while (j < limit && (isAlnum(src[j] ?? 0) || src[j] === 95 || src[j] === 45 || src[j] === 46)) j += 1;
  if (j === i + 1 || at(src, j, to) !== 61) return -1;
  while (j < to) {
    const c = src[j] ?? 0;
    if (c <= 32 || c === 34 || c === 39 || c === 62 || c === 41 || c === 93) break;
    j += 1;
  }
  return j;
}

/** The end of an ANSI escape sequence (ECMA-48 CSI and OSC); of the escape byte alone when it is none. */
function ansiEnd(src: Uint8Array, i: number, to: number): number {
  const kind = at(src, i + 1, to);
  if (kind === 91) {
    let j = i + 2;
    const limit = Math.min(to, i + 34);
    while (j < limit && (src[j] ?? 0) >= 0x20 && (src[j] ?? 0) < 0x40) j += 1;
    return Math.min(j + 1, to);
  }
  return Math.min(i + 1, to);
}
