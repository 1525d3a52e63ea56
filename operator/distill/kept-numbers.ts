import { ascii, at, CLASS, isCapital, LETTER, startsWith } from './bytes.ts';

/** A number stays when the word before it ends in one of these, up to the given number of digits. */
const KEPT_WORDS: readonly (readonly [string, number])[] = [
  ['status', 3],
  ['statuscode', 3],
  ['http', 3],
  ['httpcode', 3],
  ['response', 3],
  ['responded', 3],
  ['responsecode', 3],
  ['code', 5],
  ['errcode', 5],
  ['errorcode', 5],
  ['exitcode', 3],
  ['retcode', 5],
  ['error', 5],
  ['err', 5],
  ['errno', 5],
  ['sqlstate', 5],
  ['sqlcode', 5],
  ['ora', 5],
  ['signal', 3],
];
const KEPT_AFTER: ReadonlyMap<number, readonly [string, number]> = new Map(
  KEPT_WORDS.map((entry) => [hashOfText(entry[0]), entry]),
);
const LONGEST_WORD = 12;

/** Behind the request of a line of chi: `"GET … HTTP/1.1" from 10.0.0.1:52620 - 500 13B`. */
const FROM_ADDRESS = ascii('" from <ip>');
const HTTP = ascii('http');
/** Phoenix: `Sent 500 in 12ms`. */
const IN = ascii(' in ');

const METHODS = new Set(['GET', 'PUT', 'POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

/**
 * True for a number that means something and so tells templates apart: `status=500`, `HTTP 500`, `HTTP/1.1`, `code 13`,
 * `exit code 1`, `errno 111`, `ORA-00942`; the status in an access log, which stands behind the quoted request
 * (`" 500 `), behind method and path or URL (`GET /x 500 `, `GET /x -> 500`) or between bars (`| 500 |`); the priority before a syslog line.
 * `out[0, o)` is the masked text so far, `src[i, end)` the digits.
 */
export function keepsNumber(
  src: Uint8Array,
  i: number,
  end: number,
  to: number,
  out: Uint8Array,
  o: number,
): boolean {
  const n = end - i;
  const next = at(src, end, to);
  if (CLASS[next] === LETTER || n > 5) return false;
  let k = o;
  let between = 0;
  while (k > 0 && between < 3 && isSeparator(out[k - 1] ?? 0)) {
    k -= 1;
    between += 1;
  }
  const first = at(src, i, to);
  if (next === 62 && o === 1 && out[0] === 60) return n <= 3;
  const isStatus = n === 3 && first >= 49 && first <= 53;
  if (isStatus && between > 0 && isAccessLog(out, k, o, next)) return true;
  if (k > 0 && CLASS[out[k - 1] ?? 0] === LETTER) {
    if (isStatus && next === 32 && endsInWord(out, k, 'completed')) return isCapital(at(src, end + 1, to));
    if (isStatus && next === 32 && endsInWord(out, k, 'sent')) return startsWith(src, end, to, IN);
    const kept = between > 0 ? keptAfter(out, k) : undefined;
    if (kept === undefined) return false;
    const [word, most] = kept;
    if (n > most) return false;
    // `ERROR 1045 (28000)` is a code, `ERROR 12 tests failed` a count.
    if (word === 'error' || word === 'err') {
      return between === 1 && (next !== 32 || at(src, end + 1, to) === 40) && next !== 0;
    }
    return true;
  }
  // `HTTP/1.1`: the version; and the status behind it.
  if (k > 0 && out[k - 1] === 47 && endsInWord(out, k - 1, 'http')) return n === 1;
  if (o > 6 && out[o - 1] === 46 && out[o - 3] === 47 && endsInWord(out, o - 3, 'http')) return n === 1;
  return isStatus && k > 7 && out[k - 2] === 46 && out[k - 4] === 47 && endsInWord(out, k - 4, 'http');
}

function isSeparator(c: number): boolean {
  // space = : " ' ( [ - |
  return (
    c === 32 || c === 61 || c === 58 || c === 34 || c === 39 || c === 40 || c === 91 || c === 45 || c === 124
  );
}

function isAccessLog(out: Uint8Array, k: number, o: number, next: number): boolean {
  if (out[o - 1] !== 32) return false;
  if (next !== 32 && next !== 0) return false;
  if (out[o - 2] === 34) return o > 10;
  if (out[o - 2] === 124) return true;
  if (endsWith(out, k, FROM_ADDRESS)) return true;
  // Behind a path or URL that stands behind a method; `->` or `=>` may stand between.
  const isArrow = out[k - 1] === 62 && (out[k - 2] === 45 || out[k - 2] === 61) && out[k - 3] === 32;
  let j = isArrow ? k - 4 : k - 1;
  const limit = Math.max(0, k - 200);
  while (j > limit && out[j] !== 32) j -= 1;
  if (out[j] !== 32 || (out[j + 1] !== 47 && !endsWith(out, j + 5, HTTP))) return false;
  let m = j;
  while (m > 0 && j - m < 8 && CLASS[out[m - 1] ?? 0] === LETTER) m -= 1;
  return METHODS.has(String.fromCharCode(...out.subarray(m, j)));
}

/** The entry of {@link KEPT_AFTER} for the letters that end at `end`, in any case. */
function keptAfter(out: Uint8Array, end: number): readonly [string, number] | undefined {
  let k = end;
  let hash = 0;
  while (k > 0 && end - k < LONGEST_WORD && CLASS[out[k - 1] ?? 0] === LETTER) {
    k -= 1;
    hash = (Math.imul(hash, 31) + ((out[k] ?? 0) | 32)) | 0;
  }
  const entry = KEPT_AFTER.get(hash);
  return entry !== undefined && endsInWord(out, end, entry[0]) ? entry : undefined;
}

function endsWith(out: Uint8Array, end: number, bytes: Uint8Array): boolean {
  return end >= bytes.length && startsWith(out, end - bytes.length, end, bytes);
}

/** True when the letters that end at `end` are this word, in any case. */
function endsInWord(out: Uint8Array, end: number, word: string): boolean {
  const from = end - word.length;
  if (from < 0 || (from > 0 && CLASS[out[from - 1] ?? 0] === LETTER)) return false;
  for (let k = 0; k < word.length; k += 1)
    if (((out[from + k] ?? 0) | 32) !== word.charCodeAt(k)) return false;
  return true;
}

/** As {@link keptAfter} hashes: from the last letter to the first. */
function hashOfText(word: string): number {
  let hash = 0;
  for (let k = word.length - 1; k >= 0; k -= 1) hash = (Math.imul(hash, 31) + word.charCodeAt(k)) | 0;
  return hash;
}
