import { codecError } from './wire.ts';

/**
 * Cuts a byte stream into gob messages: an unsigned byte count, then that many bytes (doc.go).
 * A message inside one chunk is passed on as a view; one that spans chunks is joined once, when it is whole.
 */
export class MessageReader {
  readonly #emit: (message: Uint8Array) => void;
  readonly #maxBytes: number;
  #countSize = 0;
  #countRead = 0;
  #count = 0;
  #wanted = -1;
  #pieces: Uint8Array[] = [];
  #have = 0;

  constructor(maxBytes: number, emit: (message: Uint8Array) => void) {
    this.#maxBytes = maxBytes;
    this.#emit = emit;
  }

  /** True while a message has begun and not ended. */
  get partial(): boolean {
    return this.#wanted >= 0 || this.#countSize > 0;
  }

  /** Takes the next bytes. Throws `CODEC_FAILED` for a message over the limit, and what the receiver throws. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#wanted < 0) {
        this.#countByte(chunk[at] as number);
        at++;
        if (this.#wanted === 0) this.#complete(new Uint8Array(0));
        continue;
      }
      const end = Math.min(chunk.length, at + this.#wanted - this.#have);
      const piece = chunk.subarray(at, end);
      at = end;
      if (this.#have === 0 && piece.length === this.#wanted) {
        this.#complete(piece);
        continue;
      }
      this.#pieces.push(new Uint8Array(piece));
      this.#have += piece.length;
      if (this.#have === this.#wanted) this.#complete(Buffer.concat(this.#pieces, this.#have));
    }
  }

  #countByte(byte: number): void {
    if (this.#countSize === 0) {
      if (byte < 0x80) {
        this.#expect(byte);
        return;
      }
      this.#countSize = 256 - byte;
      this.#countRead = 0;
      this.#count = 0;
      if (this.#countSize > 8) throw codecError(`a message count of ${this.#countSize} bytes`);
      return;
    }
    this.#count = this.#count * 256 + byte;
    if (++this.#countRead === this.#countSize) this.#expect(this.#count);
  }

  #expect(count: number): void {
    if (count > this.#maxBytes) {
      throw codecError(`a message of ${count} bytes: the limit is ${this.#maxBytes}`);
    }
    this.#countSize = 0;
    this.#wanted = count;
  }

  #complete(message: Uint8Array): void {
    this.#wanted = -1;
    this.#have = 0;
    this.#pieces = [];
    this.#emit(message);
  }
}
