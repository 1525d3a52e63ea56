import type { Instant, Level } from '../model.ts';
import type { Reading } from './readings.ts';
import type { Shape } from './shapes.ts';
import { Trace } from './trace.ts';

/** Characters kept of a record as it was logged. */
export const MAX_RAW = 4_096;
/** Lines of a record that are looked at for that. */
const MAX_RAW_LINES = 128;

/** One record: a line, or a line and the stack trace behind it. */
export interface LogRecord {
  readonly head: Shape;
  readonly time: Instant;
  /** Undefined for a record of one line. */
  readonly trace: Trace | undefined;
  readonly level: Level;
  readonly readings: readonly Reading[] | undefined;
  /** The record as logged, cut; to be called while the record is handed over, or not at all. */
  readonly raw: RawLine;
}

/** A line as it was logged. */
export type RawLine = () => string;

const INNER_EXCEPTION = /^[A-Za-z_][\w.]{0,160}(?:Exception|Error): /;

type Mode = 'none' | 'trace' | 'python' | 'pythonDone' | 'go' | 'rust';

/**
 * Puts stack traces to the record before them, line by line.
 * An exception without a header belongs to a record of level warn or above directly before it, else it is a record of
 * its own. Lines of several threads that interleave are not untangled.
 */
export class RecordJoiner {
  readonly #emit: (record: LogRecord) => void;
  #head: Shape | undefined;
  #level: Level = 'unknown';
  #time: Instant = Number.NaN;
  #trace: Trace | undefined;
  /** What is known of the record as it was logged, and its further lines as long as their bytes are there. */
  #raw: string | undefined;
  #rawLines: RawLine[] = [];
  #readings: readonly Reading[] | undefined;
  #mode: Mode = 'none';

  constructor(emit: (record: LogRecord) => void) {
    this.#emit = emit;
  }

  /** The next line. `rawLine` is called before the next {@link settle} or not at all. */
  add(shape: Shape, time: Instant, readings: readonly Reading[] | undefined, rawLine: RawLine): void {
    if (this.#continues(shape)) {
      this.#appendRaw(rawLine);
      return;
    }
    if (shape.kind === 'blank') return;
    this.#start(shape, time, readings, rawLine);
  }

  /** A record that brought its own trace, as JSON records do. */
  addWhole(
    shape: Shape,
    time: Instant,
    readings: readonly Reading[] | undefined,
    trace: Trace | undefined,
    rawLine: RawLine,
  ): void {
    this.#start(shape, time, readings, rawLine);
    this.#trace = trace;
  }

  /** The bytes of the lines so far go: keeps what is still needed of them. */
  settle(): void {
    if (this.#rawLines.length === 0) return;
    this.#raw = rawText(this.#raw, this.#rawLines);
    this.#rawLines = [];
  }

  /** No more lines. */
  end(): void {
    this.#finish();
  }

  #start(shape: Shape, time: Instant, readings: readonly Reading[] | undefined, rawLine: RawLine): void {
    this.#finish();
    this.#readings = readings;
    this.#head = shape;
    this.#level = shape.level;
    this.#time = time;
    this.#raw = undefined;
    this.#rawLines = [rawLine];
    this.#trace = undefined;
    this.#mode =
      shape.kind === 'traceback'
        ? 'python'
        : shape.kind === 'goPanic'
          ? 'go'
          : shape.kind === 'rustPanic'
            ? 'rust'
            : 'none';
  }

  #finish(): void {
    const head = this.#head;
    if (head === undefined) return;
    const trace = this.#trace?.isEmpty === false ? this.#trace : undefined;
    const level = trace !== undefined && this.#level === 'unknown' ? 'error' : this.#level;
    const kept = this.#raw;
    const lines = this.#rawLines;
    const raw: RawLine = () => rawText(kept, lines);
    this.#head = undefined;
    this.#emit({ head, time: this.#time, trace, level, readings: this.#readings, raw });
  }

  #continues(shape: Shape): boolean {
    const head = this.#head;
    if (head === undefined) return shape.kind === 'frame';
    switch (shape.kind) {
      case 'blank':
        return this.#mode !== 'none';
      case 'frame':
        if (this.#mode === 'none') this.#mode = 'trace';
        if (!shape.message.endsWith('Stack trace:'))
          this.#traces().addFrame(shape.message, this.#mode === 'python');
        return true;
      case 'cause':
        if (this.#mode === 'none') this.#mode = 'trace';
        this.#traces().addCause(shape.message);
        return true;
      case 'indented':
        return this.#indented(head, shape);
      case 'traceback':
        return this.#traceback(head, shape);
      case 'exception':
        return this.#exception(head, shape);
      case 'goFrame':
        if (this.#mode !== 'go') return false;
        if (!/^(?:goroutine|\[signal|exit status|created by)/.test(shape.message))
          this.#traces().addFrame(shape.message);
        return true;
      case 'goPanic':
        return this.#mode === 'go' && !shape.headed;
      default:
        return this.#text(shape);
    }
  }

  #indented(head: Shape, shape: Shape): boolean {
    if (this.#mode !== 'none') return true;
    // The .NET console logger puts message and exception on the lines behind level and category.
    if (head.message !== '') return false;
    if (this.#trace === undefined) this.#traces().addException(shape.message);
    else if (INNER_EXCEPTION.test(shape.message)) this.#trace.addCause(shape.message);
    return true;
  }

  #traceback(head: Shape, shape: Shape): boolean {
    if (this.#mode === 'python' || this.#mode === 'pythonDone') {
      if (shape.headed) return false;
      this.#mode = 'python';
      return true;
    }
    if (shape.headed || !this.#isGrave(head) || this.#trace !== undefined) return false;
    this.#mode = 'python';
    this.#traces();
    return true;
  }

  #exception(head: Shape, shape: Shape): boolean {
    if (this.#mode === 'python') {
      this.#traces().setException(shape.message);
      this.#mode = 'pythonDone';
      return true;
    }
    if (!head.headed || !this.#isGrave(head) || this.#trace?.hasException === true || this.#mode !== 'none')
      return false;
    this.#traces().addException(shape.message);
    this.#mode = 'trace';
    return true;
  }

  /** A line that looks like a record, where the language's traces contain such lines. */
  #text(shape: Shape): boolean {
    if (shape.headed) return false;
    if (this.#mode === 'python') {
      this.#traces().setException(shape.message);
      this.#mode = 'pythonDone';
      return true;
    }
    if (this.#mode === 'pythonDone') {
      return /^(?:During handling of the above|The above exception was)/.test(shape.message);
    }
    if (this.#mode === 'rust') {
      if (/^(?:note: |stack backtrace:)/.test(shape.message)) return true;
      if (this.#trace !== undefined) return false;
      this.#traces().addException(shape.message);
      return true;
    }
    return false;
  }

  #isGrave(head: Shape): boolean {
    return head.level === 'warn' || head.level === 'error' || head.level === 'fatal';
  }

  #traces(): Trace {
    this.#trace ??= new Trace();
    return this.#trace;
  }

  #appendRaw(rawLine: RawLine): void {
    if (this.#head !== undefined && this.#rawLines.length < MAX_RAW_LINES) this.#rawLines.push(rawLine);
  }
}

function rawText(kept: string | undefined, lines: readonly RawLine[]): string {
  let text = kept;
  for (const line of lines) {
    if (text !== undefined && text.length >= MAX_RAW) break;
    text = text === undefined ? line() : `${text}\n${line()}`;
  }
  return (text ?? '').slice(0, MAX_RAW);
}
