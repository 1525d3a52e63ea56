import { at, digitsEnd, HEX, isAlnum, isDigit } from './bytes.ts';

/*
 * Recognisers, as in scan-time.ts: the end of what is known at `i`, or -1, after a bounded look-ahead.
 */

/** `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, hexadecimal, of any version. */
export function scanUuid(src: Uint8Array, i: number, to: number): number {
  if (i + 36 > to || src[i + 8] !== 45) return -1;
  for (let k = 0; k < 36; k += 1) {
    const c = src[i + k] ?? 0;
    const dash = k === 8 || k === 13 || k === 18 || k === 23;
    if (dash ? c !== 45 : (HEX[c] ?? 16) > 15) return -1;
  }
  return isAlnum(at(src, i + 36, to)) ? -1 : i + 36;
}

/** IPv4 with an optional port or prefix length. */
export function scanIpv4(src: Uint8Array, i: number, to: number): number {
  let j = i;
  for (let group = 0; group < 4; group += 1) {
    const end = digitsEnd(src, j, to);
    if (end === j || end - j > 3) return -1;
    j = end;
    if (group < 3) {
      if (at(src, j, to) !== 46) return -1;
      j += 1;
    }
  }
  const c = at(src, j, to);
  if (isAlnum(c) || (c === 46 && isDigit(at(src, j + 1, to)))) return -1;
  if ((c === 58 || c === 47) && isDigit(at(src, j + 1, to))) {
    const end = digitsEnd(src, j + 1, to);
    if (end - j <= 6 && !isAlnum(at(src, end, to))) return end;
  }
  return j;
}

/** IPv6: at least seven colons, or a `::` among hexadecimal groups. Looks at most 45 bytes ahead. */
export function scanIpv6(src: Uint8Array, i: number, to: number): number {
  const limit = Math.min(to, i + 45);
  let colons = 0;
  let double = false;
  let group = 0;
  let j = i;
  for (; j < limit; j += 1) {
    const c = src[j] ?? 0;
    if (c === 58) {
      if (j > i && src[j - 1] === 58) {
        if (double) return -1;
        double = true;
      }
      colons += 1;
      group = 0;
    } else if ((HEX[c] ?? 16) < 16) {
      group += 1;
      if (group > 4) return -1;
    } else break;
  }
  // ::ffff:10.0.0.1
  if (double && at(src, j, to) === 46 && group > 0 && group <= 3) {
    const end = scanIpv4(src, j - group, to);
    if (end > 0) return end;
  }
  if (isAlnum(at(src, j, to)) || (!double && colons !== 7) || colons < 2) return -1;
  return src[j - 1] === 58 && src[j - 2] !== 58 ? -1 : j;
}

/** The suffix of a pod's name, `6ff4cd9669-xtszw`, in the alphabet Kubernetes uses (k8s.io/apimachinery/pkg/util/rand). */
export function scanPodSuffix(src: Uint8Array, i: number, to: number): number {
  const hash = safeEnd(src, i, to);
  const n = hash - i;
  if (n < 6 || n > 10 || at(src, hash, to) !== 45) return -1;
  const end = safeEnd(src, hash + 1, to);
  if (end - hash - 1 !== 5 || isAlnum(at(src, end, to))) return -1;
  for (let k = i; k < hash; k += 1) if (isDigit(src[k] ?? 0)) return end;
  return -1;
}

const SAFE = new Uint8Array(256);
for (const c of 'bcdfghjklmnpqrstvwxz2456789') SAFE[c.charCodeAt(0)] = 1;

function safeEnd(src: Uint8Array, i: number, to: number): number {
  let j = i;
  const limit = Math.min(to, i + 11);
  while (j < limit && SAFE[src[j] ?? 0] === 1) j += 1;
  return j;
}
