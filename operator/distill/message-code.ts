import { at, CLASS, isCapital, LETTER } from './bytes.ts';

/**
 * True for the digits of a message code, `AH00126:`, `WFLYSRV0026:`, `[MY-010119]`: capitals, perhaps a dash, and digits that
 * begin with a zero, which numbers of things hardly do.
 */
export function isMessageCode(
  src: Uint8Array,
  i: number,
  end: number,
  to: number,
  out: Uint8Array,
  o: number,
): boolean {
  const n = end - i;
  const next = at(src, end, to);
  if (src[i] !== 48 || n < 3 || n > 7 || (next !== 58 && next !== 93)) return false;
  const from = out[o - 1] === 45 ? o - 1 : o;
  let k = from;
  while (k > 0 && from - k < 12 && isCapital(out[k - 1] ?? 0)) k -= 1;
  return from - k >= 2 && (k === 0 || CLASS[out[k - 1] ?? 0] !== LETTER);
}
