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
import { MAX_MASKED, MaskedText } from './masked-text.ts';
import { isMessageCode } from './message-code.ts';
import {
  BINARY,
  DURATION,
  EMAIL,
  HEXADECIMAL,
  ID,
  IP,
  NUM,
  OBJECT,
  POD,
  QUERY,
  SIZE,
  TS,
  UUID,
} from './placeholders.ts';
import { scanIpv4, scanIpv6, scanPodSuffix, scanUuid } from './scan-address.ts';
import { breaksLocalPart, scanAnsi, scanEmailDomain, scanObject, scanQuery } from './scan-enclosed.ts';
import { numberValue, scanDurationChain, scanNumber } from './scan-number.ts';
import { type RunMatch, scanRun } from './scan-run.ts';
import { scanStatus } from './scan-status.ts';
import { scanTimestamp, scanWordTimestamp } from './scan-time.ts';
import { scanUnit, type UnitMatch } from './scan-unit.ts';

const NOTHING = new Uint8Array(0);
/** Stands behind an object that holds the status of a request. */
const STATUS = ascii(' status=');

/** True when all of these letters are hexadecimal digits. */
function isHex(src: Uint8Array, from: number, to: number): boolean {
  for (let k = from; k < to; k += 1) if ((HEX[src[k] ?? 0] ?? 16) > 15) return false;
  return true;
}

/**
 * Replaces what varies from record to record by placeholders, in one pass over the bytes.
 *
 * Timestamps, UUIDs, addresses, hexadecimal runs of 8 and more, durations, sizes, numbers, mixed ids, pod names, e-mail
 * addresses, URL queries and brace objects are masked; runs of spaces become one, ANSI sequences vanish, a list of equal
 * placeholders becomes one. Numbers that mean something stay (see {@link keepsNumber}), and of an object its status. Linear: every look-ahead is
 * bounded, but for that over a brace object, which is given up for the rest of a line after its first failure.
 */
export class Masker {
  readonly #text = new MaskedText();
  /** The masked bytes of the last {@link mask}, as far as the length it gave. */
  readonly out: Uint8Array = this.#text.bytes;
  #src: Uint8Array = NOTHING;
  #pod: Uint8Array = NOTHING;
  #braces = true;
  readonly #unit: UnitMatch = { unit: 'none', end: 0, scale: 1 };
  readonly #run: RunMatch = { kind: 'none', end: 0 };
  readonly #object = { cut: false };

  /** Names the pod whose lines follow: its own name is masked in them. */
  setPod(name: Uint8Array): void {
    this.#pod = name;
  }

  /** Masks `src[from, to)`; gives the number of bytes in {@link out}, at most {@link MAX_MASKED}. */
  mask(src: Uint8Array, from: number, to: number): number {
    const text = this.#text;
    const out = text.bytes;
    const podFirst = this.#pod.length > 3 ? (this.#pod[0] ?? 0) : 256;
    this.#src = src;
    text.reset();
    this.#braces = true;
    let i = from;
    while (i < to && text.length < MAX_MASKED) {
      const c = src[i] ?? 0;
      switch (CLASS[c]) {
        case LETTER:
          if (c === podFirst && this.#isPod(src, i, to)) {
            text.put(POD);
            i += this.#pod.length;
          } else i = this.#word(src, i, to);
          break;
        case DIGIT:
          if (c === podFirst && this.#isPod(src, i, to)) {
            text.put(POD);
            i += this.#pod.length;
          } else i = this.#digits(src, i, to);
          break;
        case SPACE:
          if (text.length === 0 || out[text.length - 1] !== 32) out[text.length++] = 32;
          i += 1;
          break;
        case CONTROL:
          i = this.#control(src, i, to);
          break;
        default:
          i = this.#punctuation(src, i, to, c);
      }
    }
    let end = Math.min(text.length, MAX_MASKED);
    while (end > 0 && out[end - 1] === 32) end -= 1;
    return end;
  }

  /**
   * The value of the number whose placeholder stands at `o` in {@link out}: milliseconds for a duration, bytes for a
   * size; NaN when the placeholder stands for no number. To be asked before the next {@link mask}.
   */
  numberAt(o: number): number {
    const text = this.#text;
    const k = text.numberIndex(o);
    if (k < 0) return Number.NaN;
    return numberValue(this.#src, text.numberFrom[k] ?? 0, text.numberTo[k] ?? 0, this.#unit);
  }

  #isPod(src: Uint8Array, i: number, to: number): boolean {
    return (
      startsWith(src, i, to, this.#pod) &&
      !isAlnum(at(src, i + this.#pod.length, to)) &&
      this.#atBoundary(src, i)
    );
  }

  #atBoundary(src: Uint8Array, i: number): boolean {
    return i === 0 || !isAlnum(src[i - 1] ?? 0);
  }

  /** A run of letters and digits that starts with a letter. */
  #word(src: Uint8Array, i: number, to: number): number {
    const text = this.#text;
    const limit = Math.min(to, i + MAX_MASKED);
    let j = i + 1;
    while (j < limit && CLASS[src[j] ?? 0] === LETTER) j += 1;
    const n = j - i;
    const next = at(src, j, to);
    if (CLASS[next] === DIGIT || (n >= 8 && isHex(src, i, j))) {
      const special = this.#special(src, i, to);
      if (special > 0) return special;
    } else if (n === 3 && (next === 32 || next === 44)) {
      const end = scanWordTimestamp(src, i, to);
      if (end > 0) {
        text.put(TS);
        return end;
      }
    } else if (next === 45 || next === 58) {
      const special = next === 58 ? this.#address(src, i, to) : this.#podSuffix(src, i, to);
      if (special > 0) return special;
    }
    const out = text.bytes;
    let o = text.length;
    for (let k = i; k < j; k += 1) out[o++] = src[k] ?? 0;
    text.length = o;
    return CLASS[next] === DIGIT && j < limit ? this.#innerNumber(src, j, to) : j;
  }

  #address(src: Uint8Array, i: number, to: number): number {
    const end = (HEX[src[i] ?? 0] ?? 16) < 16 && this.#atBoundary(src, i) ? scanIpv6(src, i, to) : -1;
    if (end > 0) this.#text.put(IP);
    return end;
  }

  #podSuffix(src: Uint8Array, i: number, to: number): number {
    if (this.#text.length === 0 || src[i - 1] !== 45) return -1;
    const end = scanPodSuffix(src, i, to);
    if (end > 0) this.#text.put(POD);
    return end;
  }

  /** Runs of letters and digits that are one value: UUID, pod suffix, hexadecimal, mixed id. */
  #special(src: Uint8Array, i: number, to: number): number {
    const run = this.#run;
    scanRun(src, i, to, run);
    if (run.kind !== 'uuid' && at(src, run.end, to) === 45) {
      const end = this.#podSuffix(src, i, to);
      if (end > 0) return end;
    }
    switch (run.kind) {
      case 'none':
        return -1;
      case 'uuid':
        this.#text.put(UUID);
        break;
      case 'ipv6':
        this.#text.put(IP);
        break;
      case 'hex':
        this.#text.put(HEXADECIMAL);
        break;
      case 'id':
        this.#text.put(ID);
        break;
      case 'number':
        this.#text.put(NUM);
    }
    return run.end;
  }

  /** Digits at the start of a run. */
  #digits(src: Uint8Array, i: number, to: number): number {
    const text = this.#text;
    const run = digitsEnd(src, i, to);
    const next = at(src, run, to);
    const n = run - i;
    if (
      next === 58 ||
      next === 45 ||
      next === 47 ||
      next === 46 ||
      (next === 32 && n <= 2) ||
      (n === 8 && next === 84)
    ) {
      const stamp = scanTimestamp(src, i, to);
      if (stamp > 0) {
        text.put(TS);
        return stamp;
      }
      if (next === 46 && n <= 3) {
        const end = scanIpv4(src, i, to);
        if (end > 0) {
          text.put(IP);
          return end;
        }
      }
    }
    if (next === 120 && n === 1 && src[i] === 48 && (HEX[at(src, run + 1, to)] ?? 16) < 16) {
      let j = run + 1;
      while (j < to && (HEX[src[j] ?? 0] ?? 16) < 16) j += 1;
      text.put(HEXADECIMAL);
      return j;
    }
    if (n >= 16 && !isAlnum(next)) {
      text.put(HEXADECIMAL);
      return run;
    }
    if (
      (n <= 5 && keepsNumber(src, i, run, to, text.bytes, text.length)) ||
      isMessageCode(src, i, run, to, text.bytes, text.length)
    ) {
      for (let k = i; k < run; k += 1) text.bytes[text.length++] = src[k] ?? 0;
      return run;
    }
    return this.#number(src, i, to, next);
  }

  /** A number with fraction, exponent and unit, or an id or a duration that starts with a digit; `next` follows its first digits. */
  #number(src: Uint8Array, i: number, to: number, next: number): number {
    const text = this.#text;
    const unit = this.#unit;
    if (CLASS[next] === LETTER || next === 45 || next === 58) {
      // Before durations: `12d45d78-…` begins a UUID.
      const uuid = at(src, i + 8, to) === 45 ? scanUuid(src, i, to) : -1;
      if (uuid > 0) {
        text.put(UUID);
        return uuid;
      }
      const end = scanDurationChain(src, i, to, unit);
      if (end > 0) {
        text.putNumber(DURATION, i, end);
        return end;
      }
      const special = this.#special(src, i, to);
      if (special > 0) return special;
    }
    const j = scanNumber(src, i, to);
    scanUnit(src, j, to, unit);
    if (unit.unit === 'duration') {
      const unitEnd = unit.end;
      const chain = scanDurationChain(src, i, to, unit);
      const end = chain > 0 ? chain : unitEnd;
      text.putNumber(DURATION, i, end);
      return end;
    }
    if (unit.unit === 'size') {
      text.putNumber(SIZE, i, unit.end);
      return unit.end;
    }
    text.putNumber(NUM, i, j);
    // `1.2.3-rc4`, `500abc`: the rest of the run is handled as it comes.
    return CLASS[at(src, j, to)] === LETTER ? this.#tail(src, j, to) : j;
  }

  /** A number inside a run that began with letters. */
  #innerNumber(src: Uint8Array, i: number, to: number): number {
    const text = this.#text;
    const j = scanNumber(src, i, to);
    if (isMessageCode(src, i, j, to, text.bytes, text.length)) {
      for (let k = i; k < j; k += 1) text.bytes[text.length++] = src[k] ?? 0;
      return j;
    }
    text.put(NUM);
    return CLASS[at(src, j, to)] === LETTER ? this.#tail(src, j, to) : j;
  }

  #tail(src: Uint8Array, i: number, to: number): number {
    const text = this.#text;
    let j = i;
    while (j < to && text.length < MAX_MASKED && CLASS[src[j] ?? 0] === LETTER)
      text.bytes[text.length++] = src[j++] ?? 0;
    return j < to && CLASS[src[j] ?? 0] === DIGIT && text.length < MAX_MASKED
      ? this.#innerNumber(src, j, to)
      : j;
  }

  #control(src: Uint8Array, i: number, to: number): number {
    if (src[i] === 27) return scanAnsi(src, i, to);
    if (src[i] === 13) return i + 1;
    let j = i + 1;
    while (j < to && CLASS[src[j] ?? 0] === CONTROL && src[j] !== 27) j += 1;
    this.#text.put(BINARY);
    return j;
  }

  #punctuation(src: Uint8Array, i: number, to: number, c: number): number {
    const text = this.#text;
    if (c === 0x7b && this.#braces) {
      const end = scanObject(src, i, to, this.#object);
      if (this.#object.cut) this.#braces = false;
      if (end > 0) {
        text.put(OBJECT);
        const status = scanStatus(src, i, end);
        if (status > 0) {
          for (let k = 0; k < STATUS.length; k += 1) text.bytes[text.length++] = STATUS[k] ?? 0;
          for (let k = status; k < status + 3; k += 1) text.bytes[text.length++] = src[k] ?? 0;
        }
        return end;
      }
    } else if (c === 0x3f) {
      const end = scanQuery(src, i, to);
      if (end > 0) {
        text.put(QUERY);
        return end;
      }
    } else if (c === 0x40) {
      const end = scanEmailDomain(src, i, to);
      if (end > 0) {
        let o = text.length;
        while (o > 0 && !breaksLocalPart(text.bytes[o - 1] ?? 0)) o -= 1;
        text.truncate(o);
        text.put(EMAIL);
        return end;
      }
    } else if ((c === 45 || c === 43) && isDigit(at(src, i + 1, to)) && this.#startsNumber()) {
      return this.#signed(src, i, to);
    } else if (
      c === 58 &&
      at(src, i + 1, to) === 58 &&
      (text.length === 0 || text.bytes[text.length - 1] === 32)
    ) {
      const end = scanIpv6(src, i, to);
      if (end > i + 2) {
        text.put(IP);
        return end;
      }
    }
    text.bytes[text.length++] = c;
    return i + 1;
  }

  #startsNumber(): boolean {
    const { length, bytes } = this.#text;
    if (length === 0) return true;
    const c = bytes[length - 1];
    return c === 32 || c === 61 || c === 40 || c === 91 || c === 44 || c === 58;
  }

  #signed(src: Uint8Array, i: number, to: number): number {
    const text = this.#text;
    const run = digitsEnd(src, i + 1, to);
    if (keepsNumber(src, i + 1, run, to, text.bytes, text.length)) text.bytes[text.length++] = src[i] ?? 0;
    return this.#digits(src, i + 1, to);
  }
}
