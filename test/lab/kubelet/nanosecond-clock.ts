/** A clock for log records. */
export interface NanosecondClock {
  /** RFC 3339 with exactly nine fraction digits, UTC; each call is later than the one before. */
  next(): string;
}

/** Starts from the wall clock and goes on by the monotonic one. */
export function nanosecondClock(): NanosecondClock {
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  let last = 0n;
  return {
    next: () => {
      const now = process.hrtime.bigint() + offset;
      last = now > last ? now : last + 1n;
      return formatNanoseconds(last);
    },
  };
}

/** Nanoseconds since the epoch as RFC 3339 with nine fraction digits. */
export function formatNanoseconds(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** An RFC 3339 time with any number of fraction digits and any offset in the form of {@link NanosecondClock.next}; undefined when it is none. */
export function normalizeNanoseconds(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [, wall = '', fraction = '', zone = ''] = match;
  const milliseconds = Date.parse(`${wall}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return formatNanoseconds(BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}
