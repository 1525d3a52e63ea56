/** Values that are no secret: literals, stand-ins, words of prose. */
const NO_SECRET =
  /^(?:true|false|null|nil|none|undefined|empty|yes|no|\*+|x{3,}|\.{3,}|<[\w-]+>|\$\{?[\w.-]+\}?|\{\{[^}]*\}\}|%\w+%|\[?(?:redacted|masked|hidden|filtered|omitted|secret|protected)\]?|is|was|not|has|must|for|from|and|or|the|a|an|in|to|of|with|by|at|on|expired|invalid|missing|required|incorrect|wrong|mismatch|failed|rejected|refresh|refreshed|revoked|changed|updated|created|deleted|rotated|verified|accepted|valid|found|unknown|unset|unexpected|count|type|string|object|undefined)[.:!?]?$/i;

/** Ends in, or is, what a rule put there, or a made-up stand-in for a value. */
const PLACEHOLDER = /^<[^<>]{1,64}>|<[a-z\d-]{2,48}(?:#[0-9a-f]{4,16})?>$/;

/** A file's path, which tells where a secret is and not what it is: of two parts at least, or relative. */
const FILE_PATH = /^(?:~|\.{1,2})?(?:\/[\w.-]{1,64}){2,16}\/?$|^(?:~|\.{1,2})\/[\w.-]{1,64}$/;

const UUID = /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;
const DIGEST = /^(?:(?:md5|sha-?\d{1,3})[:-])?[0-9a-f]{7,128}$/i;
const INSTANT = /^\d{4}-?\d{2}-?\d{2}(?:[T ]\d{2}:?\d{2}|$)/;
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?$/;

/** True when a value that stands behind the name of a secret can be one. */
export function isSecret(value: string): boolean {
  return !NO_SECRET.test(value) && !PLACEHOLDER.test(value);
}

/** True for what a rule, or the masker, put in a value's place. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value);
}

export function isFilePath(value: string): boolean {
  return FILE_PATH.test(value);
}

export function hasDigit(text: string): boolean {
  return /\d/.test(text);
}

/** Shannon's entropy of the characters, in bits per character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1);
  let bits = 0;
  for (const n of counts.values()) bits -= (n / text.length) * Math.log2(n / text.length);
  return bits;
}

/**
 * True for words, and for words joined by `.`, `_`, `-`, `/` or capitals: names of things. A word has vowels, few
 * consonants in a row and three letters on average; a short number may stand in a word's place or at its end.
 */
export function isWordLike(text: string): boolean {
  const parts = text
    .replace(/([a-z])(?=[A-Z])/g, '$1-')
    .replace(/([A-Z]{2,8})(?=[A-Z][a-z])/g, '$1-')
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== '');
  const named = parts.filter((part) => /[A-Za-z]/.test(part));
  const letters = named.reduce((sum, part) => sum + part.length, 0);
  return letters >= 3 * named.length && parts.length > 0 && !/[+=~]/.test(text) && parts.every(isWord);
}

function isWord(part: string): boolean {
  const [, letters, digits = ''] = /^([A-Za-z]*)(\d*)$/.exec(part) ?? [];
  if (letters === undefined || letters.length > 20 || digits.length > 4) return false;
  if (letters.length > 1 && /[a-z]/.test(letters) && /.[A-Z]/.test(letters)) return false;
  if (letters.length <= 4) return true;
  const vowels = letters.replace(/[^aeiouy]/gi, '').length;
  const most = letters.length > 12 ? 4 : 5;
  return vowels * most >= letters.length && !new RegExp(`[^aeiouy]{${most + 1}}`, 'i').test(letters);
}

/** True for what identifies or places a thing and opens nothing: UUIDs, digests, instants, addresses, paths, names. */
export function isIdentifier(value: string): boolean {
  return (
    UUID.test(value) ||
    DIGEST.test(value) ||
    INSTANT.test(value) ||
    ADDRESS.test(value) ||
    FILE_PATH.test(value) ||
    /^[\d.,:+-]+$/.test(value) ||
    isWordLike(value)
  );
}

/**
 * True for a value that looks drawn at random: letters with digits, or capitals among small letters; 3.5 bits a
 * character, as gitleaks asks; no {@link isIdentifier}.
 */
export function looksRandom(value: string): boolean {
  return (
    value.length >= 12 &&
    /[A-Za-z]/.test(value) &&
    (hasDigit(value) || /[a-z][A-Z]/.test(value)) &&
    entropy(value) >= 3.5 &&
    !isIdentifier(value)
  );
}

/** True for 13–19 digits with an issuer's prefix and a correct check digit (ISO/IEC 7812, Luhn). */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  if (digits.length < 13 || digits.length > 19) return false;
  if (!/^(?:4|5[1-5]|2[2-7]|3[04-8]|6)/.test(digits) || /^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let k = 0; k < digits.length; k += 1) {
    let d = Number(digits[digits.length - 1 - k]);
    if (k % 2 === 1) {
      d *= 2;
      if (d > 9) d -= 9;
    }
    sum += d;
  }
  return sum % 10 === 0;
}
