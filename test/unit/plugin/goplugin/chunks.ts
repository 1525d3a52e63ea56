import * as fc from 'fast-check';

/** Cut points as fractions, so that they fit a byte string of any length. */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

/** The same bytes in pieces: cut at the given fractions, or after each byte. */
export function cutAt(bytes: Uint8Array, fractions: readonly number[] | 'each byte'): Uint8Array[] {
  const points =
    fractions === 'each byte'
      ? Array.from(bytes, (_, index) => index)
      : fractions.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b);
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const point of [...points, bytes.length]) {
    if (point > start) pieces.push(bytes.slice(start, point));
    start = Math.max(start, point);
  }
  return pieces;
}
