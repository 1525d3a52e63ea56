import { at, CLASS, DIGIT, HEX, isDigit, LETTER } from './bytes.ts';
import { scanIpv6, scanUuid } from './scan-address.ts';

/** What a run of letters and digits is. */
export type RunKind = 'none' | 'uuid' | 'ipv6' | 'hex' | 'number' | 'id';

/** What {@link scanRun} found, and where it ends; for `none`, where the run ends. */
export interface RunMatch {
  kind: RunKind;
  end: number;
}

/**
 * Classifies the run of letters and digits at `i` as one value: a UUID, an IPv6 address, hexadecimal, a mixed id.
 * A short hexadecimal run may by chance hold no letter, a long one hardly: the short ones count as numbers.
 */
export function scanRun(src: Uint8Array, i: number, to: number, match: RunMatch): void {
  let j = i;
  let digits = 0;
  let turns = 0;
  let hex = true;
  let wasDigit = isDigit(src[i] ?? 0);
  for (; j < to; j += 1) {
    const c = src[j] ?? 0;
    const k = CLASS[c];
    if (k !== LETTER && k !== DIGIT) break;
    const digit = k === DIGIT;
    if (digit !== wasDigit) turns += 1;
    wasDigit = digit;
    if (digit) digits += 1;
    if ((HEX[c] ?? 16) > 15) hex = false;
  }
  const n = j - i;
  const next = at(src, j, to);
  match.end = j;
  if (n === 8 && hex && next === 45) {
    const end = scanUuid(src, i, to);
    if (end > 0) {
      match.kind = 'uuid';
      match.end = end;
      return;
    }
  }
  if (next === 58 && hex && n <= 4) {
    const end = scanIpv6(src, i, to);
    if (end > 0) {
      match.kind = 'ipv6';
      match.end = end;
      return;
    }
  }
  if (hex && (n >= 16 || (n >= 4 && src[i - 1] === 64))) match.kind = 'hex';
  else if (hex && n >= 8 && digits > 0) match.kind = 'number';
  else if (digits > 0 && (turns >= 4 || (turns === 3 && n <= 8) || (turns >= 2 && n >= 20)))
    match.kind = 'id';
  else match.kind = 'none';
}
