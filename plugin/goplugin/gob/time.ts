import { codecError } from './wire.ts';

/** Seconds from 1 January of year 1, where Go's internal time begins, to the Unix epoch (time.go, unixToInternal). */
const UNIX_TO_INTERNAL = 62_135_596_800n;

/** A version byte, seconds, nanoseconds and the zone offset in minutes; version 2 adds a byte of offset seconds. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [1, 15],
  [2, 16],
]);

/** The offset that means UTC (time.go, appendBinary). */
const UTC = -1;

/**
 * A Go time as GobEncode writes it (time.go, MarshalBinary), kept byte for byte: nanoseconds and zone offset survive
 * a round trip that a `Date` would cut. Nothing is checked until {@link GoTime.toDate} asks for it.
 */
export class GoTime {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The time of a `Date`, in UTC. Throws `CODEC_FAILED` for an invalid date. */
  static fromDate(date: Date): GoTime {
    const milliseconds = date.getTime();
    if (Number.isNaN(milliseconds)) throw codecError('an invalid date');
    const seconds = Math.floor(milliseconds / 1000);
    const bytes = Buffer.alloc(15);
    bytes[0] = 1;
    bytes.writeBigInt64BE(BigInt(seconds) + UNIX_TO_INTERNAL, 1);
    bytes.writeInt32BE((milliseconds - seconds * 1000) * 1_000_000, 9);
    bytes.writeInt16BE(UTC, 13);
    return new GoTime(new Uint8Array(bytes));
  }

  /** The same moment, cut to milliseconds. Throws `CODEC_FAILED` when the bytes are no Go time. */
  toDate(): Date {
    const { bytes } = this;
    if (SIZES.get(bytes[0] ?? 0) !== bytes.length)
      throw codecError(`${bytes.length} bytes that are not a Go time`);
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const seconds = Number(view.readBigInt64BE(1) - UNIX_TO_INTERNAL);
    return new Date(seconds * 1000 + Math.floor(view.readInt32BE(9) / 1_000_000));
  }

  /** RFC 3339 in UTC with milliseconds, for logs and JSON. */
  toJSON(): string {
    return this.toDate().toJSON();
  }
}
