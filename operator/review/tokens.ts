/**
 * How many tokens a text costs at most, near enough: a word costs one for each four letters, and every digit, sign and
 * other character one. Tokenizers that merge signs or digits make less of it; the estimate errs upwards.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const lower = code | 0x20;
    if (lower >= 0x61 && lower <= 0x7a && code < 0x80) {
      letters++;
      continue;
    }
    tokens += Math.ceil(letters / 4);
    letters = 0;
    if (isSpace(code, text, index)) continue;
    tokens++;
    if (code >= 0xd800 && code <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1))) index++;
  }
  return tokens + Math.ceil(letters / 4);
}

function isSpace(code: number, text: string, index: number): boolean {
  return code < 0x80 ? code === 0x20 || (code >= 0x09 && code <= 0x0d) : /\s/.test(text.charAt(index));
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
