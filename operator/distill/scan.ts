import { at, CLASS, DIGIT, digitsEnd, HEX, hasDigits, isAlnum, isDigit, LETTER } from './bytes.ts';

/*
 * Recognisers: each looks at `i` and gives the end of what it knows, or -1. Each looks ahead a bounded distance.
 */

const MONTHS = new Set(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']);
const DAYS = new Set(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** A date, a time, or both with zone, in the forms logs use: ISO 8601, `2024/01/02`, `02/Jan/2024:15:04:05 +0000`, `15:04:05,123`. */
export function scanTimestamp(src: Uint8Array, i: number, to: number): number {
  const run = digitsEnd(src, i, to) - i;
  const next = at(src, i + run, to);
  if (run === 4 && (next === 45 || next === 47)) {
    if (!hasDigits(src, i + 5, to, 2) || src[i + 7] !== next || !hasDigits(src, i + 8, to, 2)) return -1;
    return withClock(src, i + 10, to);
  }
  if ((run === 1 || run === 2) && next === 58) return scanClock(src, i, to);
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
    j = yearBehind(src, scanClock(src, spaces(src, day, to), to), to);
    return j;
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
  if (!hasDigits(src, hours + 1, to, 2) || at(src, hours + 3, to) !== 58) return -1;
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

/** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, hexadecimal, of any version. */
export function scanUuid(src: Uint8Array, i: number, to: number): number {
  if (i + 36 > to || src[i + 8] !== 45) return -1;
  for (let k = 0; k < 36; k += 1) {
    const c = src[i + k] ?? 0;
    const dash = k === 8 || k === 13 || k === 18 || k === 23;
    if (dash ? c !== 45 : (HEX[c] ?? 16) > 15) return -1;
  }
  return isAlnum(at(src, i + 36, to)) ? -1 : i + 36;
}

/** IPv4 with an optional port or prefix length. */
export function scanIpv4(src: Uint8Array, i: number, to: number): number {
  let j = i;
  for (let group = 0; group < 4; group += 1) {
    const end = digitsEnd(src, j, to);
    if (end === j || end - j > 3) return -1;
    j = end;
    if (group < 3) {
      if (at(src, j, to) !== 46) return -1;
      j += 1;
    }
  }
  const c = at(src, j, to);
  if (isAlnum(c) || (c === 46 && isDigit(at(src, j + 1, to)))) return -1;
  if ((c === 58 || c === 47) && isDigit(at(src, j + 1, to))) {
    const end = digitsEnd(src, j + 1, to);
    if (end - j <= 6 && !isAlnum(at(src, end, to))) return end;
  }
  return j;
}

/** IPv6: at least seven colons, or a `::` among hexadecimal groups. Looks at most 45 bytes ahead. */
export function scanIpv6(src: Uint8Array, i: number, to: number): number {
  const limit = Math.min(to, i + 45);
  let colons = 0;
  let double = false;
  let group = 0;
  let j = i;
  for (; j < limit; j += 1) {
    const c = src[j] ?? 0;
    if (c === 58) {
      if (j > i && src[j - 1] === 58) {
        if (double) return -1;
        double = true;
      }
      colons += 1;
      group = 0;
    } else if ((HEX[c] ?? 16) < 16) {
      group += 1;
      if (group > 4) return -1;
    } else break;
  }
  if (isAlnum(at(src, j, to)) || (!double && colons !== 7) || colons < 2) return -1;
  return src[j - 1] === 58 && src[j - 2] !== 58 ? -1 : j;
}

/** What a number is followed by. */
export type Unit = 'none' | 'duration' | 'size';

/** The unit that {@link scanUnit} found, and where it ends. */
export interface UnitMatch {
  unit: Unit;
  end: number;
}

const DURATIONS = new Set(
  'ns us ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days millis milliseconds'.split(
    ' ',
  ),
);
/** Units that may stand behind a space without being taken for a word. */
const SPACED_DURATIONS = new Set(
  'ns us ms s sec secs second seconds min mins minutes hours millis milliseconds'.split(' '),
);
const SIZES = new Set('b kb mb gb tb k ki kib mi mib g gi gib tib byte bytes'.split(' '));
const SPACED_SIZES = new Set('b kb mb gb tb kib mib gib tib byte bytes'.split(' '));

/** The unit behind a number that ends at `i`, directly or after one space. `µs` is known in UTF-8. */
export function scanUnit(src: Uint8Array, i: number, to: number, match: UnitMatch): void {
  match.unit = 'none';
  match.end = i;
  let j = i;
  const spaced = at(src, j, to) === 32;
  if (spaced) j += 1;
  const first = at(src, j, to);
  if ((first === 0xc2 && at(src, j + 1, to) === 0xb5) || (first === 0xce && at(src, j + 1, to) === 0xbc)) {
    if (at(src, j + 2, to) === 115 && !isAlnum(at(src, j + 3, to))) {
      match.unit = 'duration';
      match.end = j + 3;
    }
    return;
  }
  if (CLASS[first] !== LETTER) return;
  const end = lettersEnd(src, j, Math.min(to, j + 13));
  const behind = at(src, end, to);
  if (end - j > 12 || CLASS[behind] === LETTER) return;
  if (CLASS[behind] === DIGIT && spaced) return;
  const word = text(src, j, end);
  if ((spaced ? SPACED_DURATIONS : DURATIONS).has(word)) match.unit = 'duration';
  else if ((spaced ? SPACED_SIZES : SIZES).has(word) && CLASS[behind] !== DIGIT) match.unit = 'size';
  else return;
  match.end = end;
}

/** The suffix of a pod's name, `6ff4cd9669-xtszw`, in the alphabet Kubernetes uses (k8s.io/apimachinery/pkg/util/rand). */
export function scanPodSuffix(src: Uint8Array, i: number, to: number): number {
  const hash = safeEnd(src, i, to);
  const n = hash - i;
  if (n < 6 || n > 10 || at(src, hash, to) !== 45) return -1;
  const end = safeEnd(src, hash + 1, to);
  if (end - hash - 1 !== 5 || isAlnum(at(src, end, to))) return -1;
  for (let k = i; k < hash; k += 1) if (isDigit(src[k] ?? 0)) return end;
  return -1;
}

const SAFE = new Uint8Array(256);
for (const c of 'bcdfghjklmnpqrstvwxz2456789') SAFE[c.charCodeAt(0)] = 1;

function safeEnd(src: Uint8Array, i: number, to: number): number {
  let j = i;
  const limit = Math.min(to, i + 11);
  while (j < limit && SAFE[src[j] ?? 0] === 1) j += 1;
  return j;
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

function word3(src: Uint8Array, i: number, to: number, words: ReadonlySet<string>): boolean {
  if (i + 3 > to || CLASS[at(src, i + 3, to)] === LETTER) return false;
  return words.has(text(src, i, i + 3));
}

function text(src: Uint8Array, i: number, end: number): string {
  let out = '';
  for (let k = i; k < end; k += 1) out += String.fromCharCode((src[k] ?? 0) | 32);
  return out;
}
