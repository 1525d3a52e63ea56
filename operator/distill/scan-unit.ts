import { ascii, at, CLASS, DIGIT, isAlnum, LETTER } from './bytes.ts';

/** What a number is followed by. */
export type Unit = 'none' | 'duration' | 'size';

/** The unit that {@link scanUnit} found, and where it ends. */
export interface UnitMatch {
  unit: Unit;
  end: number;
  /** One of the unit in milliseconds or bytes. */
  scale: number;
}

interface KnownUnit {
  readonly word: Uint8Array;
  readonly unit: Unit;
  readonly scale: number;
  /** May stand behind a space without being taken for a word. */
  readonly spaced: boolean;
}

const LONGEST = 12;
const UNITS: ReadonlyMap<number, KnownUnit> = new Map(
  [
    ...known('duration', 1e-6, 'ns nanos nanoseconds'),
    ...known('duration', 1e-3, 'us micros microseconds'),
    ...known('duration', 1, 'ms msec msecs millis milliseconds'),
    ...known('duration', 1_000, 's sec secs second seconds'),
    ...known('duration', 60_000, 'min mins minutes', 'm minute'),
    ...known('duration', 3_600_000, 'hours', 'h hr hrs hour'),
    ...known('duration', 86_400_000, '', 'd day days'),
    ...known('size', 1, 'b byte bytes'),
    ...known('size', 1e3, 'kb'),
    ...known('size', 1e6, 'mb'),
    ...known('size', 1e9, 'gb'),
    ...known('size', 1e12, 'tb'),
    ...known('size', 1_024, 'kib', 'k ki'),
    ...known('size', 1_048_576, 'mib', 'mi'),
    ...known('size', 1_073_741_824, 'gib', 'g gi'),
    ...known('size', 1_099_511_627_776, 'tib'),
  ].map((unit) => [hashOf(unit.word, 0, unit.word.length), unit]),
);

/** Words that may stand behind a space too, and words that count only directly behind their number. */
function known(unit: Unit, scale: number, spaced: string, joined = ''): KnownUnit[] {
  const words = (text: string, behindSpace: boolean): KnownUnit[] =>
    text
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => ({ word: ascii(word), unit, scale, spaced: behindSpace }));
  return [...words(spaced, true), ...words(joined, false)];
}

/** The unit behind a number that ends at `i`, directly or after one space. `µs` is known in UTF-8. */
export function scanUnit(src: Uint8Array, i: number, to: number, match: UnitMatch): void {
  match.unit = 'none';
  match.end = i;
  let j = i;
  const spaced = at(src, j, to) === 32;
  if (spaced) j += 1;
  const first = at(src, j, to);
  if ((first === 0xc2 && at(src, j + 1, to) === 0xb5) || (first === 0xce && at(src, j + 1, to) === 0xbc)) {
    if (at(src, j + 2, to) === 115 && !isAlnum(at(src, j + 3, to))) found(match, 'duration', j + 3, 1e-3);
    return;
  }
  if (CLASS[first] !== LETTER) return;
  let end = j;
  const limit = Math.min(to, j + LONGEST + 1);
  while (end < limit && CLASS[src[end] ?? 0] === LETTER) end += 1;
  if (end - j > LONGEST) return;
  const behindIsDigit = CLASS[at(src, end, to)] === DIGIT;
  // In `shards=5 ms=23` the word is the name of the next field.
  if (spaced && (behindIsDigit || at(src, end, to) === 61)) return;
  const unit = UNITS.get(hashOf(src, j, end));
  if (unit === undefined || (spaced && !unit.spaced) || !isWord(src, j, end, unit.word)) return;
  if (unit.unit === 'size' && behindIsDigit) return;
  // `12M` is a size, `12m` a time.
  if (first === 77 && end === j + 1) found(match, 'size', end, 1_048_576);
  else found(match, unit.unit, end, unit.scale);
}

function found(match: UnitMatch, unit: Unit, end: number, scale: number): void {
  match.unit = unit;
  match.end = end;
  match.scale = scale;
}

function hashOf(src: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let k = from; k < to; k += 1) hash = (Math.imul(hash, 31) + ((src[k] ?? 0) | 32)) | 0;
  return hash;
}

function isWord(src: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let k = 0; k < word.length; k += 1) if (((src[from + k] ?? 0) | 32) !== word[k]) return false;
  return true;
}
