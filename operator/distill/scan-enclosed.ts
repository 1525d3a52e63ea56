import { at, CLASS, isAlnum, LETTER } from './bytes.ts';

/**
 * The end of the balanced object that opens at `i`, if it has pairs; `to` for one that the line's end cuts off; -1 for
 * anything else. `cut` tells whether the braces did not balance.
 */
export function scanObject(src: Uint8Array, i: number, to: number, match: { cut: boolean }): number {
  match.cut = false;
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
    else if (c === 0x7d && --depth === 0) return pairs ? j + 1 : -1;
  }
  match.cut = true;
  const first = at(src, i + 1, to);
  return first === 34 || first === 92 ? to : -1;
}

/** The end of `?key=value&…`, -1 when the question mark starts no query. */
export function scanQuery(src: Uint8Array, i: number, to: number): number {
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

/** The end of an ANSI escape sequence (ECMA-48: CSI, OSC and the two-byte ones); of the escape byte alone when it is none. */
export function scanAnsi(src: Uint8Array, i: number, to: number): number {
  const kind = at(src, i + 1, to);
  if (kind === 91) {
    let j = i + 2;
    const limit = Math.min(to, i + 34);
    while (j < limit && (src[j] ?? 0) >= 0x20 && (src[j] ?? 0) < 0x40) j += 1;
    return Math.min(j + 1, to);
  }
  if (kind === 93) {
    // OSC ends with BEL or ESC \.
    const limit = Math.min(to, i + 512);
    for (let j = i + 2; j < limit; j += 1) {
      if (src[j] === 7) return j + 1;
      if (src[j] === 27 && at(src, j + 1, to) === 92) return j + 2;
    }
  }
  if (kind === 40 || kind === 41) return Math.min(i + 3, to);
  return Math.min(i + 1, to);
}

/** The end of the domain behind the `@` at `i`, when a local part stands before it; else -1. */
export function scanEmailDomain(src: Uint8Array, i: number, to: number): number {
  let j = i + 1;
  let dot = -1;
  const limit = Math.min(to, i + 254);
  for (; j < limit; j += 1) {
    const c = src[j] ?? 0;
    if (c === 46) dot = j;
    else if (!isAlnum(c) && c !== 45) break;
  }
  if (dot < 0 || CLASS[at(src, dot + 1, to)] !== LETTER || i === 0) return -1;
  return isAlnum(src[i - 1] ?? 0) ? j : -1;
}

/** True for the bytes that end the local part of an e-mail address to the left. */
export function breaksLocalPart(c: number): boolean {
  // space " ' = ( , : ; [ /
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
