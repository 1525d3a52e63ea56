import { codecError } from './wire.ts';

const MAX_UINT64 = (1n << 64n) - 1n;
const MAX_INT64 = (1n << 63n) - 1n;
const MIN_INT64 = -(1n << 63n);
const FLOAT = new DataView(new ArrayBuffer(8));

/** A growing buffer that writes gob's scalars (encoding/gob doc.go, "Encoding Details"). */
export class GobWriter {
  #bytes = Buffer.allocUnsafe(512);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#at = 0;
  }

  /** A copy of what was written. */
  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  /** Throws `CODEC_FAILED` for what is not an unsigned integer of 64 bits. */
  uint(value: number | bigint): void {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || value < 0) throw codecError(`${value} is not an unsigned integer`);
      this.#reserve(9);
      if (value < 0x80) {
        this.#bytes[this.#at++] = value;
        return;
      }
      if (value < 2 ** 48) {
        let size = 1;
        for (let rest = value; rest >= 256; rest = Math.floor(rest / 256)) size++;
        this.#bytes[this.#at++] = 256 - size;
        this.#at = this.#bytes.writeUIntBE(value, this.#at, size);
        return;
      }
      value = BigInt(value);
    }
    if (value < 0n || value > MAX_UINT64) throw codecError(`${value} is not an unsigned integer of 64 bits`);
    if (value < 0x80n) {
      this.uint(Number(value));
      return;
    }
    this.#reserve(9);
    const hex = value.toString(16);
    const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
    this.#bytes[this.#at++] = 256 - digits.length / 2;
    this.#at += this.#bytes.write(digits, this.#at, 'hex');
  }

  /** Throws `CODEC_FAILED` for what is not a signed integer of 64 bits. */
  int(value: number | bigint): void {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) throw codecError(`${value} is not an integer`);
      if (Math.abs(value) < 2 ** 51) {
        this.uint(value < 0 ? -2 * value - 1 : 2 * value);
        return;
      }
      value = BigInt(value);
    }
    if (value > MAX_INT64 || value < MIN_INT64) throw codecError(`${value} is not an integer of 64 bits`);
    this.uint(value < 0n ? (~value << 1n) | 1n : value << 1n);
  }

  float(value: number): void {
    FLOAT.setFloat64(0, value, true);
    this.uint(FLOAT.getBigUint64(0));
  }

  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.uint(size);
    this.#reserve(size);
    this.#at += this.#bytes.write(value, this.#at, 'utf8');
  }

  /** A byte count, then the bytes. */
  bytes(value: Uint8Array): void {
    this.uint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** What was written to another writer, after its byte count: one message. */
  message(other: GobWriter): void {
    this.bytes(other.#bytes.subarray(0, other.#at));
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
