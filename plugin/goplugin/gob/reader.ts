import { codecError } from './wire.ts';

const FLOAT = new DataView(new ArrayBuffer(8));

/**
 * Reads gob's scalars from one message (encoding/gob doc.go, "Encoding Details").
 * Each method throws `CODEC_FAILED` when the bytes end too soon; lengths are checked before anything is allocated.
 */
export class GobReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** Composite values around the present position; kept by the type decoders. */
  depth = 0;

  constructor(message: Uint8Array) {
    this.#bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /**
   * An unsigned integer of up to 64 bits: bigint only where a number would not be exact.
   * "If it is less than 128, it is sent as a byte"; else the negated byte count, then the bytes, big endian.
   */
  uint(): number | bigint {
    const first = this.#bytes[this.#at];
    if (first === undefined) throw codecError('a value ends too soon');
    this.#at++;
    if (first < 0x80) return first;
    const size = 256 - first;
    if (size > 8) throw codecError(`an integer of ${size} bytes`);
    if (size > this.left) throw codecError('a value ends inside an integer');
    const at = this.#at;
    this.#at += size;
    if (size <= 6) return this.#bytes.readUIntBE(at, size);
    let value = 0n;
    for (let i = at; i < this.#at; i++) value = (value << 8n) | BigInt(this.#bytes[i] as number);
    return narrow(value);
  }

  /** A signed integer: bit 0 of the unsigned form says "complement" (doc.go). */
  int(): number | bigint {
    const u = this.uint();
    if (typeof u === 'number') return u % 2 === 0 ? u / 2 : -(u + 1) / 2;
    return narrow((u & 1n) === 0n ? u >> 1n : ~(u >> 1n));
  }

  /** A signed integer that must be a safe number: a type id. */
  id(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return (first & 1) === 0 ? first >> 1 : ~(first >> 1);
    }
    const id = this.int();
    if (typeof id === 'bigint') throw codecError('a type id out of range');
    return id;
  }

  /** An unsigned integer that counts something: a field delta or an array length. */
  count(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return first;
    }
    const count = this.uint();
    if (typeof count === 'bigint') throw codecError('a count out of range');
    return count;
  }

  /** A count of things that each take at least one byte of what is left. */
  length(what: string): number {
    const length = this.count();
    if (length > this.left) throw codecError(`${what} of length ${length} with ${this.left} bytes left`);
    return length;
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  /** "Floating-point numbers are always sent as a representation of a float64 value", byte-reversed. */
  float(): number {
    FLOAT.setBigUint64(0, BigInt(this.uint()));
    return FLOAT.getFloat64(0, true);
  }

  string(): string {
    const length = this.length('a string');
    const start = this.#at;
    this.#at += length;
    return length === 0 ? '' : this.#bytes.toString('utf8', start, this.#at);
  }

  /** Passes over an integer, or over what is sent like one. */
  skipUint(): void {
    const first = this.#bytes[this.#at];
    if (first === undefined) throw codecError('a value ends too soon');
    this.#at++;
    if (first < 0x80) return;
    const size = 256 - first;
    if (size > 8) throw codecError(`an integer of ${size} bytes`);
    if (size > this.left) throw codecError('a value ends inside an integer');
    this.#at += size;
  }

  /** Passes over a string or bytes. */
  skipBytes(): void {
    const length = this.length('bytes');
    this.#at += length;
  }

  /** A copy of everything that is left. */
  rest(): Uint8Array {
    const start = this.#at;
    this.#at = this.#bytes.length;
    return Buffer.from(this.#bytes.subarray(start));
  }

  /** A copy, so that the message can be freed. */
  bytes(): Uint8Array {
    const length = this.length('bytes');
    const start = this.#at;
    this.#at += length;
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }
}

function narrow(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : value;
}
