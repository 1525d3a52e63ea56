import type { Instant } from '../model.ts';
import { at, digitsEnd, hasDigits } from './bytes.ts';

/** Reads the RFC 3339 timestamp that `kubectl logs --timestamps` puts before each line. */
export class TimestampReader {
  /** After a successful {@link read}: where the text behind timestamp and space begins. */
  end = 0;
  #day = -1;
  #dayStart = 0;

  /**
   * The timestamp at `from` in milliseconds with fractions (exact to a quarter of a microsecond, the resolution of a
   * double), or NaN when there is none. Only a timestamp with a zone (`Z` or an offset), ended by a space or
   * the line's end, is taken: one without a zone tells no instant.
   */
  read(src: Uint8Array, from: number, to: number): Instant {
    if (to - from < 20 || src[from + 4] !== 45 || src[from + 10] !== 84) return Number.NaN;
    const ok =
      hasDigits(src, from, to, 4) &&
      hasDigits(src, from + 5, to, 2) &&
      src[from + 7] === 45 &&
      hasDigits(src, from + 8, to, 2) &&
      hasDigits(src, from + 11, to, 2) &&
      src[from + 13] === 58 &&
      hasDigits(src, from + 14, to, 2) &&
      src[from + 16] === 58 &&
      hasDigits(src, from + 17, to, 2);
    if (!ok) return Number.NaN;
    let i = from + 19;
    let fraction = 0;
    if (src[i] === 46) {
      const end = digitsEnd(src, i + 1, to);
      let scale = 100;
      for (let k = i + 1; k < end; k += 1, scale /= 10) fraction += ((src[k] ?? 48) - 48) * scale;
      i = end;
    }
    let offsetMinutes = 0;
    const zone = at(src, i, to);
    if (zone === 90) i += 1;
    else if ((zone === 43 || zone === 45) && hasDigits(src, i + 1, to, 2) && hasDigits(src, i + 4, to, 2)) {
      offsetMinutes = (two(src, i + 1) * 60 + two(src, i + 4)) * (zone === 43 ? 1 : -1);
      i += 6;
    } else return Number.NaN;
    if (i < to && src[i] !== 32) return Number.NaN;
    this.end = Math.min(i + 1, to);
    const clock = (two(src, from + 11) * 60 + two(src, from + 14) - offsetMinutes) * 60 + two(src, from + 17);
    return this.#midnight(src, from) + clock * 1000 + fraction;
  }

  #midnight(src: Uint8Array, from: number): Instant {
    const year = two(src, from) * 100 + two(src, from + 2);
    const day = year * 10_000 + two(src, from + 5) * 100 + two(src, from + 8);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayStart = Date.UTC(year, two(src, from + 5) - 1, two(src, from + 8));
    }
    return this.#dayStart;
  }
}

function two(src: Uint8Array, i: number): number {
  return ((src[i] ?? 48) - 48) * 10 + (src[i + 1] ?? 48) - 48;
}
