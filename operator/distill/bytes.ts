/** Classes of bytes, as the masks see them. */
export const OTHER = 0;
export const LETTER = 1;
export const DIGIT = 2;
export const SPACE = 3;
export const CONTROL = 4;

/** The class of each byte; bytes of multi-byte UTF-8 are {@link OTHER}. */
export const CLASS: Uint8Array = buildClasses();

/** The value of each hexadecimal digit, 16 for every other byte. */
export const HEX: Uint8Array = buildHex();

function buildClasses(): Uint8Array {
  const table = new Uint8Array(256);
  for (let c = 0; c < 256; c += 1) {
    if ((c >= 65 && c <= 90) || (c >= 97 && c <= 122)) table[c] = LETTER;
    else if (c >= 48 && c <= 57) table[c] = DIGIT;
    else if (c === 32 || c === 9) table[c] = SPACE;
    else if (c < 32 || c === 127) table[c] = CONTROL;
  }
  return table;
}

function buildHex(): Uint8Array {
  const table = new Uint8Array(256).fill(16);
  for (let v = 0; v < 16; v += 1) {
    const digit = v.toString(16);
    table[digit.charCodeAt(0)] = v;
    table[digit.toUpperCase().charCodeAt(0)] = v;
  }
  return table;
}

/** The byte at `i`, 0 beyond `to`. */
export function at(src: Uint8Array, i: number, to: number): number {
  return i < to ? (src[i] ?? 0) : 0;
}

/** True for `0`–`9`. */
export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** True for `A`–`Z`. */
export function isCapital(c: number): boolean {
  return c >= 65 && c <= 90;
}

/** True for an ASCII letter or digit. */
export function isAlnum(c: number): boolean {
  const k = CLASS[c];
  return k === LETTER || k === DIGIT;
}

/** The end of the run of digits that starts at `i`. */
export function digitsEnd(src: Uint8Array, i: number, to: number): number {
  let j = i;
  while (j < to && isDigit(src[j] ?? 0)) j += 1;
  return j;
}

/** True when exactly `n` digits stand at `i`, more may follow. */
export function hasDigits(src: Uint8Array, i: number, to: number, n: number): boolean {
  if (i + n > to) return false;
  for (let k = i; k < i + n; k += 1) if (!isDigit(src[k] ?? 0)) return false;
  return true;
}

/** The ASCII bytes of a text. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** True when `text` stands at `i`. */
export function startsWith(src: Uint8Array, i: number, to: number, text: Uint8Array): boolean {
  if (i + text.length > to) return false;
  for (let k = 0; k < text.length; k += 1) if (src[i + k] !== text[k]) return false;
  return true;
}

/** True when the ASCII `text` stands at `i`. */
export function startsWithText(src: Uint8Array, i: number, to: number, text: string): boolean {
  if (i + text.length > to) return false;
  for (let k = 0; k < text.length; k += 1) if (src[i + k] !== text.charCodeAt(k)) return false;
  return true;
}
