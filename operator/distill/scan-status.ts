import { at, digitsEnd, isAlnum, isDigit } from './bytes.ts';
import { isStatusKey } from './request-status.ts';

/** Longest key that is looked at, in bytes. */
const MAX_KEY = 48;

/**
 * Where the three digits of a response's status stand in an object `src[from, to)` that a text logger put behind its
 * message, `{"method":"GET","status":500}`; -1 when it has none.
 */
export function scanStatus(src: Uint8Array, from: number, to: number): number {
  for (let k = from + 1; k < to; k += 1) {
    if (src[k] !== 58) continue;
    let i = k + 1;
    while (at(src, i, to) === 32 || isQuote(at(src, i, to))) i += 1;
    const first = at(src, i, to);
    if (first < 49 || first > 53 || digitsEnd(src, i, to) !== i + 3 || isAlnum(at(src, i + 3, to))) continue;
    if (at(src, i + 3, to) === 46 && isDigit(at(src, i + 4, to))) continue;
    if (isStatusKey(keyBefore(src, from, k))) return i;
  }
  return -1;
}

function keyBefore(src: Uint8Array, from: number, end: number): string {
  let to = end;
  while (to > from && (src[to - 1] === 32 || isQuote(src[to - 1] ?? 0))) to -= 1;
  let key = '';
  for (let k = to - 1; k > from && to - k <= MAX_KEY && isKeyByte(src[k] ?? 0); k -= 1)
    key = String.fromCharCode(src[k] ?? 0) + key;
  return key;
}

function isQuote(c: number): boolean {
  return c === 34 || c === 39 || c === 92;
}

function isKeyByte(c: number): boolean {
  return isAlnum(c) || c === 95 || c === 46 || c === 45;
}
