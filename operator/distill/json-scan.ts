import { at, CLASS, HEX, SPACE } from './bytes.ts';

/** A value inside a line: bytes `[from, to)`, for a string without its quotes. */
export interface Span {
  from: number;
  to: number;
}

/** The index of the closing quote, or `to`. */
export function stringEnd(src: Uint8Array, i: number, to: number): number {
  let j = i;
  while (j < to) {
    const c = src[j];
    if (c === 34) return j;
    j += c === 92 ? 2 : 1;
  }
  return to;
}

/** The index behind the object or array that opens at `i`, or `to`. */
export function skipNested(src: Uint8Array, i: number, to: number): number {
  let depth = 0;
  let j = i;
  while (j < to) {
    const c = src[j] ?? 0;
    if (c === 34) j = stringEnd(src, j + 1, to);
    else if (c === 0x7b || c === 0x5b) depth += 1;
    else if (c === 0x7d || c === 0x5d) {
      depth -= 1;
      if (depth === 0) return j + 1;
    }
    j += 1;
  }
  return to;
}

/** The index of the first byte at or behind `i` that is no space. */
export function skipSpace(src: Uint8Array, i: number, to: number): number {
  let j = i;
  while (j < to && CLASS[src[j] ?? 0] === SPACE) j += 1;
  return j;
}

/**
 * Writes a JSON string's bytes with its escapes resolved into `out`; gives the length, at most `out.length`.
 * A lone surrogate becomes `?`.
 */
export function unescapeJson(src: Uint8Array, span: Span, out: Uint8Array): number {
  let o = 0;
  let i = span.from;
  const room = out.length - 4;
  while (i < span.to && o < room) {
    const c = src[i] ?? 0;
    if (c !== 92) {
      out[o++] = c;
      i += 1;
      continue;
    }
    const e = at(src, i + 1, span.to);
    i += 2;
    if (e === 117) {
      const code = hex4(src, i, span.to);
      i += 4;
      o = utf8(out, o, Number.isNaN(code) ? 63 : code);
    } else out[o++] = e === 110 ? 10 : e === 116 ? 9 : e === 114 ? 13 : e === 98 || e === 102 ? 32 : e;
  }
  return o;
}

/** The value of four hexadecimal digits, NaN when they are none. */
function hex4(src: Uint8Array, i: number, to: number): number {
  let value = 0;
  for (let k = i; k < i + 4; k += 1) {
    const digit = k < to ? (HEX[src[k] ?? 0] ?? 16) : 16;
    if (digit > 15) return Number.NaN;
    value = value * 16 + digit;
  }
  return value;
}

function utf8(out: Uint8Array, o: number, code: number): number {
  let n = o;
  if (code < 0x80) out[n++] = code;
  else if (code < 0x800) {
    out[n++] = 0xc0 | (code >> 6);
    out[n++] = 0x80 | (code & 63);
  } else if (code >= 0xd800 && code <= 0xdfff) out[n++] = 63;
  else {
    out[n++] = 0xe0 | (code >> 12);
    out[n++] = 0x80 | ((code >> 6) & 63);
    out[n++] = 0x80 | (code & 63);
  }
  return n;
}
