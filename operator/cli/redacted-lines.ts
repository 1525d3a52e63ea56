/** A private key spans lines: they are held back together, at most this many characters. */
const MAX_BLOCK = 65_536;

const BEGIN = /-----BEGIN [A-Z ]+-----/;
const END = /-----END [A-Z ]+-----/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2}) /;

/** Takes the bytes of a log and gives whole lines, redacted; the kubelet's timestamps stay. */
export class RedactedLines {
  readonly #redact: (text: string) => string;
  readonly #out: (text: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #block: string[] = [];
  #blockSize = 0;

  constructor(redact: (text: string) => string, out: (text: string) => void) {
    this.#redact = redact;
    this.#out = out;
  }

  write(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  end(): void {
    const last = this.#rest + this.#decoder.decode();
    this.#rest = '';
    if (last !== '') this.#line(last);
    this.#flush();
  }

  #line(line: string): void {
    const inBlock = this.#block.length > 0;
    if (inBlock || (BEGIN.test(line) && !END.test(line))) {
      this.#block.push(line);
      this.#blockSize += line.length;
      if (END.test(line) || this.#blockSize > MAX_BLOCK) this.#flush();
      return;
    }
    const [timestamp = ''] = TIMESTAMP.exec(line) ?? [];
    this.#out(`${timestamp}${this.#redact(line.slice(timestamp.length))}\n`);
  }

  /** The lines of a block become one record under the first timestamp when something in them was replaced. */
  #flush(): void {
    if (this.#block.length === 0) return;
    const bare = this.#block.map((line) => line.replace(TIMESTAMP, ''));
    const [timestamp = ''] = TIMESTAMP.exec(this.#block[0] ?? '') ?? [];
    const whole = bare.join('\n');
    const redacted = this.#redact(whole);
    if (redacted === whole) this.#out(`${this.#block.join('\n')}\n`);
    else
      this.#out(
        redacted
          .split('\n')
          .map((line) => `${timestamp}${line}\n`)
          .join(''),
      );
    this.#block = [];
    this.#blockSize = 0;
  }
}
