/** Tells people how far a long run is: one line, rewritten at most twice a second on a terminal, every ten seconds elsewhere. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WriteStream, now: () => number) {
    this.#out = out;
    this.#now = now;
  }

  at(what: string, done: number, of: number): void {
    const now = this.#now();
    if (now - this.#last < (this.#out.isTTY ? 500 : 10_000)) return;
    this.#last = now;
    const text = `${what}: ${done} of ${of}`;
    this.#out.write(this.#out.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[K');
    this.#last = Number.NEGATIVE_INFINITY;
  }
}
