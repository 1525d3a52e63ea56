import { at, digitsEnd, isAlnum, isDigit } from './bytes.ts';
import { scanUnit, type UnitMatch } from './scan-unit.ts';

/** The end of the number at `i` with thousands, fraction and exponent: `1,234,567`, `3.5e-10`, `1.2.3`. */
export function scanNumber(src: Uint8Array, i: number, to: number): number {
  let j = digitsEnd(src, i, to);
  for (;;) {
    const c = at(src, j, to);
    if ((c !== 46 && c !== 44) || !isDigit(at(src, j + 1, to))) break;
    const end = digitsEnd(src, j + 1, to);
    if (c === 44 && (end - j !== 4 || j - i > 15)) break;
    j = end;
  }
  const e = at(src, j, to);
  if (e === 69 || e === 101) {
    const sign = at(src, j + 1, to);
    const digits = sign === 43 || sign === 45 ? j + 2 : j + 1;
    const end = digitsEnd(src, digits, to);
    if (end > digits && !isAlnum(at(src, end, to))) j = end;
  }
  return j;
}

/** `1h2m3.5s`: numbers each with a unit of time, smaller than the one before, and nothing between; -1 when it is not that. */
export function scanDurationChain(src: Uint8Array, i: number, to: number, unit: UnitMatch): number {
  let j = i;
  let larger = Number.POSITIVE_INFINITY;
  for (let part = 0; part < 5; part += 1) {
    let end = digitsEnd(src, j, to);
    // More digits than that are a hexadecimal run that ends in `d`.
    if (end === j || (part === 0 && end - j > 6)) return -1;
    if (at(src, end, to) === 46 && isDigit(at(src, end + 1, to))) end = digitsEnd(src, end + 1, to);
    scanUnit(src, end, to, unit);
    if (unit.unit !== 'duration' || at(src, end, to) === 32 || unit.scale >= larger) return -1;
    larger = unit.scale;
    j = unit.end;
    if (!isDigit(at(src, j, to))) return isAlnum(at(src, j, to)) ? -1 : j;
  }
  return -1;
}

/**
 * The value of a number that the functions above found in `src[from, to)`: plain, in milliseconds when it has units of time,
 * in bytes when it has one of size. NaN when it is none after all.
 */
export function numberValue(src: Uint8Array, from: number, to: number, unit: UnitMatch): number {
  let sum = 0;
  let j = from;
  const negative = at(src, j, to) === 45;
  if (negative || at(src, j, to) === 43) j += 1;
  for (let part = 0; part < 5 && j < to; part += 1) {
    const end = scanNumber(src, j, to);
    if (end === j) return Number.NaN;
    let text = '';
    for (let k = j; k < end; k += 1) if (src[k] !== 44) text += String.fromCharCode(src[k] ?? 0);
    scanUnit(src, end, to, unit);
    sum += Number(text) * (unit.unit === 'none' ? 1 : unit.scale);
    j = unit.unit === 'none' ? end : unit.end;
  }
  return j < to ? Number.NaN : negative ? -sum : sum;
}
