import { closeSync, openSync, writeSync } from 'node:fs';
import type { NanosecondClock } from './nanosecond-clock.ts';

/** Longer lines are split into partial records, as containerd does. */
const MAX_RECORD = 16 * 1024;
const NEWLINE = 0x0a;

/** Which stream of a process a record came from. */
export type OutputStream = 'stdout' | 'stderr';

/**
 * The log file of one run of one container in CRI format: `TIMESTAMP STREAM F|P CONTENT`, one record a line, `P` where the
 * line goes on in the next record of its stream.
 */
export class ContainerLog {
  readonly path: string;
  readonly #file: number;
  readonly #clock: NanosecondClock;
  readonly #unfinished: Record<OutputStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  readonly #followers = new Set<() => void>();
  #closed = false;

  constructor(path: string, clock: NanosecondClock) {
    this.path = path;
    this.#file = openSync(path, 'ax');
    this.#clock = clock;
  }

  /** Whether the process has ended: nothing will be appended. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Appends what a stream gave; an unfinished line waits for its end. */
  append(stream: OutputStream, chunk: Buffer): void {
    let rest = Buffer.concat([this.#unfinished[stream], chunk]);
    const records: Buffer[] = [];
    for (let end = rest.indexOf(NEWLINE); end >= 0 || rest.length > MAX_RECORD; end = rest.indexOf(NEWLINE)) {
      const isWhole = end >= 0 && end <= MAX_RECORD;
      const length = isWhole ? end : MAX_RECORD;
      records.push(this.#record(stream, isWhole ? 'F' : 'P', rest.subarray(0, length)));
      rest = rest.subarray(isWhole ? length + 1 : length);
    }
    this.#unfinished[stream] = Buffer.from(rest);
    this.#write(records);
  }

  /** Ends the log; an unfinished line becomes a partial record. */
  close(): void {
    if (this.#closed) return;
    const streams = ['stdout', 'stderr'] as const;
    const left = streams.filter((stream) => this.#unfinished[stream].length > 0);
    this.#write(left.map((stream) => this.#record(stream, 'P', this.#unfinished[stream])));
    this.#closed = true;
    closeSync(this.#file);
    this.#notify();
  }

  /** Calls back after each append and at the end; the returned function ends it. */
  follow(changed: () => void): () => void {
    this.#followers.add(changed);
    return () => this.#followers.delete(changed);
  }

  #record(stream: OutputStream, tag: 'F' | 'P', content: Buffer): Buffer {
    return Buffer.concat([
      Buffer.from(`${this.#clock.next()} ${stream} ${tag} `),
      content,
      Buffer.from('\n'),
    ]);
  }

  #write(records: readonly Buffer[]): void {
    if (records.length === 0) return;
    const bytes = Buffer.concat(records);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    this.#notify();
  }

  #notify(): void {
    for (const follower of [...this.#followers]) follower();
  }
}
