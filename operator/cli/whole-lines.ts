/** Bytes gathered before they are handed on. */
const ENOUGH = 65_536;
const NEWLINE = 0x0a;

/** Hands bytes on in blocks that end with a line, so that two writers of one file never split each other's lines. */
export class WholeLines {
  readonly #out: (bytes: Uint8Array) => void;
  #held: Uint8Array[] = [];
  #size = 0;

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out;
  }

  write(chunk: Uint8Array): void {
    this.#held.push(chunk);
    this.#size += chunk.length;
    if (this.#size < ENOUGH) return;
    const all = Buffer.concat(this.#held);
    const end = all.lastIndexOf(NEWLINE) + 1;
    if (end > 0) this.#out(all.subarray(0, end));
    this.#held = [all.subarray(end)];
    this.#size = all.length - end;
  }

  /** The last line gets the newline it may lack. */
  end(): void {
    const all = Buffer.concat(this.#held);
    this.#held = [];
    this.#size = 0;
    if (all.length === 0) return;
    this.#out(all.at(-1) === NEWLINE ? all : Buffer.concat([all, Buffer.of(NEWLINE)]));
  }
}
