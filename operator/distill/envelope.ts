import type { Instant } from '../model.ts';
import { at, startsWithText } from './bytes.ts';
import { stringEnd, unescapeJson } from './json-scan.ts';
import type { TimestampReader } from './timestamp.ts';

/**
 * Opens what a container runtime puts around a line in its files: CRI's `<timestamp> stdout F text` (the format of
 * containerd and CRI-O, kubernetes/design-proposals-archive, node/kubelet-cri-logging.md) and Docker's
 * `{"log":"text\n","stream":"stdout","time":"<timestamp>"}`. A long line comes in parts.
 */
export class Envelope {
  /** After a successful {@link open}: the text, and 0 for stdout, 1 for stderr. */
  from = 0;
  to = 0;
  stream: 0 | 1 = 0;
  /** True when the next text of the same stream goes on with the line. */
  partial = false;
  /** The time that Docker noted, else NaN. */
  time: Instant = Number.NaN;
  readonly #reader: TimestampReader;

  constructor(reader: TimestampReader) {
    this.#reader = reader;
  }

  /** True when `src[from, to)`, `stamped` when a timestamp stood before it, is in an envelope. Docker's text is unescaped in place. */
  open(src: Uint8Array, from: number, to: number, stamped: boolean): boolean {
    const first = src[from];
    if (first === 115) return stamped && this.#cri(src, from, to);
    return first === 0x7b && this.#docker(src, from, to);
  }

  #cri(src: Uint8Array, from: number, to: number): boolean {
    const stdout = startsWithText(src, from, to, 'stdout ');
    if (!stdout && !startsWithText(src, from, to, 'stderr ')) return false;
    const tag = at(src, from + 7, to);
    if (tag !== 70 && tag !== 80) return false;
    // Tags may follow, `F:tag:tag`.
    let j = from + 8;
    if (at(src, j, to) === 58) while (j < to && src[j] !== 32) j += 1;
    if (j < to && src[j] !== 32) return false;
    this.from = Math.min(j + 1, to);
    this.to = to;
    this.stream = stdout ? 0 : 1;
    this.partial = tag === 80;
    this.time = Number.NaN;
    return true;
  }

  #docker(src: Uint8Array, from: number, to: number): boolean {
    if (!startsWithText(src, from, to, '{"log":"')) return false;
    const textFrom = from + 8;
    const textTo = stringEnd(src, textFrom, to);
    if (!startsWithText(src, textTo, to, '","stream":"std')) return false;
    const rest = textTo + 15;
    const key = '"time":"';
    let j = rest;
    while (j < to && !(src[j] === 34 && startsWithText(src, j, to, key))) j += 1;
    if (j >= to) return false;
    const timeFrom = j + key.length;
    this.time = this.#reader.read(src, timeFrom, stringEnd(src, timeFrom, to));
    if (Number.isNaN(this.time)) return false;
    this.stream = startsWithText(src, rest, to, 'err"') ? 1 : 0;
    const n = unescapeJson(src, { from: textFrom, to: textTo }, src.subarray(textFrom, textTo + 4));
    this.from = textFrom;
    this.to = textFrom + n;
    this.partial = at(src, this.to - 1, this.to) !== 10;
    if (!this.partial) this.to -= 1;
    return true;
  }
}
