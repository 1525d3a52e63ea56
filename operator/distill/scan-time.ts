import { at, CLASS, digitsEnd, hasDigits, isAlnum, isDigit, LETTER } from './bytes.ts';

/*
 * Recognisers: each looks at `i` and gives the end of what it knows, or -1. Each looks ahead a bounded distance.
 */

const MONTHS = packed('jan feb mar apr may jun jul aug sep oct nov dec');
const DAYS = packed('mon tue wed thu fri sat sun');

/** A date, a time, or both with zone, in the forms logs use: ISO 8601, `2024/01/02`, `02/Jan/2024:15:04:05 +0000`, `15:04:05,123`. */
export function scanTimestamp(src: Uint8Array, i: number, to: number): number {
  const run = digitsEnd(src, i, to) - i;
  const next = at(src, i + run, to);
  if (run === 4 && (next === 45 || next === 47)) {
    if (!hasDigits(src, i + 5, to, 2) || src[i + 7] !== next || !hasDigits(src, i + 8, to, 2)) return -1;
    return withClock(src, i + 10, to);
  }
  if ((run === 1 || run === 2) && next === 58) return scanClock(src, i, to);
  // 02 Jan 2024 15:04:05
  if (run <= 2 && next === 32) {
    if (!month(src, i + run + 1, to) || !hasDigits(src, i + run + 5, to, 4)) return -1;
    return withClock(src, i + run + 9, to);
  }
  if (run === 2 && (next === 47 || next === 45 || next === 46)) {
    if (month(src, i + 3, to) && src[i + 6] === next && hasDigits(src, i + 7, to, 4)) {
      return withClock(src, i + 11, to);
    }
    if (hasDigits(src, i + 3, to, 2) && src[i + 5] === next && hasDigits(src, i + 6, to, 4) && next !== 45) {
      return withClock(src, i + 10, to);
    }
    return -1;
  }
  // Compact ISO 8601: 20240102T150405Z.
  if (run === 8 && next === 84 && hasDigits(src, i + 9, to, 6))
    return zoneEnd(src, fractionEnd(src, i + 15, to), to);
  return -1;
}

/** `Jan  2 15:04:05`, `Sat May 04 09:51:52 CST 2013`, `Tue, 02 Jan 2024 15:04:05 GMT`: a timestamp that starts with a word. */
export function scanWordTimestamp(src: Uint8Array, i: number, to: number): number {
  let j = i;
  if (word3(src, j, to, DAYS)) {
    j += 3;
    if (at(src, j, to) === 44) j += 1;
    if (at(src, j, to) !== 32) return -1;
    j += 1;
  }
  if (month(src, j, to)) {
    j = spaces(src, j + 3, to);
    const day = digitsEnd(src, j, to);
    if (day === j || day - j > 2) return -1;
    // Jan 02, 2024 3:04:05 PM
    if (at(src, day, to) === 44) {
      const year = spaces(src, day + 1, to);
      return hasDigits(src, year, to, 4) ? withClock(src, year + 4, to) : -1;
    }
    return yearBehind(src, scanClock(src, spaces(src, day, to), to), to);
  }
  if (j === i) return -1;
  const day = digitsEnd(src, j, to);
  if (day === j || day - j > 2 || !month(src, day + 1, to)) return -1;
  j = day + 5;
  return hasDigits(src, j, to, 4) ? withClock(src, j + 4, to) : -1;
}

/** `15:04:05` with fraction and zone. */
function scanClock(src: Uint8Array, i: number, to: number): number {
  const hours = digitsEnd(src, i, to);
  if (hours === i || hours - i > 2 || at(src, hours, to) !== 58) return -1;
  if (!hasDigits(src, hours + 1, to, 2)) return -1;
  const minutes = hours + 3;
  // 3:04PM
  const half = at(src, minutes, to);
  if ((half === 65 || half === 80) && at(src, minutes + 1, to) === 77)
    return isAlnum(at(src, minutes + 2, to)) ? -1 : minutes + 2;
  if (at(src, minutes, to) !== 58) return -1;
  if (!hasDigits(src, hours + 4, to, 2) || isAlnumAt(src, hours + 6, to, 90)) return -1;
  return zoneEnd(src, fractionEnd(src, hours + 6, to), to);
}

function withClock(src: Uint8Array, dateEnd: number, to: number): number {
  const sep = at(src, dateEnd, to);
  if (isDigit(sep)) return -1;
  if (sep === 84 || sep === 32 || sep === 58) {
    const clock = scanClock(src, spaces(src, dateEnd + 1, to), to);
    if (clock > 0) return clock;
  }
  return isAlnum(sep) ? -1 : dateEnd;
}

function fractionEnd(src: Uint8Array, i: number, to: number): number {
  const c = at(src, i, to);
  if (c !== 46 && c !== 44) return i;
  const end = digitsEnd(src, i + 1, to);
  return end === i + 1 ? i : end;
}

function zoneEnd(src: Uint8Array, i: number, to: number): number {
  const j = at(src, i, to) === 32 ? i + 1 : i;
  const c = at(src, j, to);
  if ((c === 43 || c === 45) && hasDigits(src, j + 1, to, 2)) {
    const colon = at(src, j + 3, to) === 58 ? 1 : 0;
    const end = j + 5 + colon;
    if (hasDigits(src, j + 3 + colon, to, 2) && !isAlnum(at(src, end, to))) return end;
  }
  if (c === 90 && j === i) return i + 1;
  // 3:04:05 PM
  if ((c === 65 || c === 80) && at(src, j + 1, to) === 77 && !isAlnum(at(src, j + 2, to))) return j + 2;
  if (threeLetters(src, j, to, 85, 84, 67) || threeLetters(src, j, to, 71, 77, 84)) return j + 3;
  return i;
}

function yearBehind(src: Uint8Array, i: number, to: number): number {
  if (i < 0) return -1;
  let j = i;
  if (at(src, j, to) === 32 && CLASS[at(src, j + 1, to)] === LETTER) {
    const zone = lettersEnd(src, j + 1, to);
    if (zone - j <= 5 && at(src, zone, to) === 32 && hasDigits(src, zone + 1, to, 4)) j = zone;
  }
  const year = at(src, j, to) === 32 && hasDigits(src, j + 1, to, 4) && !isAlnum(at(src, j + 5, to));
  return year ? j + 5 : i;
}

function lettersEnd(src: Uint8Array, i: number, to: number): number {
  let j = i;
  while (j < to && CLASS[src[j] ?? 0] === LETTER) j += 1;
  return j;
}

function spaces(src: Uint8Array, i: number, to: number): number {
  let j = i;
  const limit = Math.min(to, i + 3);
  while (j < limit && src[j] === 32) j += 1;
  return j;
}

function isAlnumAt(src: Uint8Array, i: number, to: number, but: number): boolean {
  const c = at(src, i, to);
  return c !== but && isAlnum(c);
}

function threeLetters(src: Uint8Array, i: number, to: number, a: number, b: number, c: number): boolean {
  return i + 3 <= to && src[i] === a && src[i + 1] === b && src[i + 2] === c && !isAlnum(at(src, i + 3, to));
}

function month(src: Uint8Array, i: number, to: number): boolean {
  return word3(src, i, to, MONTHS);
}

function word3(src: Uint8Array, i: number, to: number, words: ReadonlySet<number>): boolean {
  if (i + 3 > to || CLASS[at(src, i + 3, to)] === LETTER) return false;
  return words.has(pack(src[i] ?? 0, src[i + 1] ?? 0, src[i + 2] ?? 0));
}

function packed(words: string): ReadonlySet<number> {
  return new Set(words.split(' ').map((w) => pack(w.charCodeAt(0), w.charCodeAt(1), w.charCodeAt(2))));
}

function pack(a: number, b: number, c: number): number {
  return (a << 16) | (b << 8) | c | 0x202020;
}
