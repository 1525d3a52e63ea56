import { MAX_MASKED } from './masked-text.ts';

const MAX_FRAMES = 3;
const MAX_PART = 160;
/** What a trace may take of a template's text, in characters. */
const MAX_TRACE = 320;

/** The parts of a stack trace that tell one error from another: the exception, its causes, the frames nearest to the error. */
export class Trace {
  #exception: string | undefined;
  #cause: string | undefined;
  readonly #frames: string[] = [];

  get isEmpty(): boolean {
    return this.#exception === undefined && this.#cause === undefined && this.#frames.length === 0;
  }

  get hasException(): boolean {
    return this.#exception !== undefined;
  }

  /** The exception's class and message. */
  addException(text: string): void {
    this.#exception ??= cut(text);
  }

  /** The exception at the end of a Python traceback: the last of a chain is the one that was raised. */
  setException(text: string): void {
    this.#exception = cut(text);
  }

  /** The innermost cause comes last and is kept. */
  addCause(text: string): void {
    this.#cause = cut(text.trimStart());
  }

  /** The nearest frame comes first in most languages, last in Python. */
  addFrame(text: string, nearestLast = false): void {
    if (nearestLast) {
      if (this.#frames.length >= MAX_FRAMES) this.#frames.shift();
    } else if (this.#frames.length >= MAX_FRAMES || this.#cause !== undefined) return;
    this.#frames.push(cut(text.trimStart()));
  }

  /** The template text of a record with this trace: at most 512 characters, message first. */
  join(message: string): string {
    const parts = [this.#exception, this.#cause, ...this.#frames].filter((part) => part !== undefined);
    let trace = '';
    for (const part of parts) {
      if (trace.length + part.length + 3 > MAX_TRACE) break;
      trace += trace === '' ? part : ` | ${part}`;
    }
    if (message === '') return trace;
    return trace === '' ? message : `${message.slice(0, MAX_MASKED - trace.length - 3)} | ${trace}`;
  }
}

function cut(text: string): string {
  return text.length > MAX_PART ? text.slice(0, MAX_PART) : text;
}
