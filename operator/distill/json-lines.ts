import type { Level } from '../model.ts';
import { parseText } from './header.ts';
import { gravest } from './implied-level.ts';
import { levelScale } from './json-keys.ts';
import { JsonRecord } from './json-record.ts';
import { type Span, unescapeJson } from './json-scan.ts';
import {
  graverOfStatus,
  levelOfLetter,
  levelOfNumber,
  levelOfStatus,
  levelOfWord,
  levelOnScale,
} from './levels.ts';
import { lineKind } from './line-kind.ts';
import { MAX_MASKED } from './masked-text.ts';
import type { Masker } from './masker.ts';
import type { Reading } from './readings.ts';
import type { Shape, Shapes } from './shapes.ts';
import { readMeasures, textMeasures } from './text-measures.ts';
import { Trace } from './trace.ts';

const LEVELS: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'unknown'];
/** Bytes of a message or stack that are looked at. */
const MAX_TEXT = 8_192;
const MAX_LOGGER = 96;
/** Serilog's compact format leaves the level out where it is Information (https://github.com/serilog/serilog-formatting-compact). */
const COMPACT_MESSAGE = /^@mt?$/;
/** Lines of a stack that are looked at. */
const MAX_STACK_LINES = 64;

/** A JSON record as a shape and the trace it brought. */
export interface JsonShape {
  readonly shape: Shape;
  readonly trace: Trace | undefined;
  readonly readings: readonly Reading[] | undefined;
}

/**
 * Turns one-line JSON records into shapes: level, logger, masked message, with status and the first lines of the stack.
 * A record without a message is told by its keys, or by method and path when it is a request's.
 */
export class JsonLines {
  readonly #masker: Masker;
  readonly #shapes: Shapes;
  readonly #record = new JsonRecord();
  readonly #text = new Uint8Array(MAX_TEXT);
  readonly #key = new Uint8Array(MAX_MASKED + MAX_LOGGER + 16);
  readonly #decoder = new TextDecoder();

  constructor(masker: Masker, shapes: Shapes) {
    this.#masker = masker;
    this.#shapes = shapes;
  }

  /** The record in `src[from, to)`, undefined when it is no JSON object. */
  read(src: Uint8Array, from: number, to: number): JsonShape | undefined {
    const record = this.#record;
    if (!record.read(src, from, to)) return undefined;
    const status = this.#status(src);
    const level = this.#level(src, status);
    const named = record.text(src, 'logger', MAX_LOGGER) ?? '';
    const logger = /[A-Za-z]/.test(named) ? named : '';
    const trace = this.#trace(src);
    const message = this.#message(src);
    const n = this.#compose(level ?? 'unknown', logger, message, status);
    const shape = this.#shapes.get(this.#key, n, () => {
      const text = this.#decoder.decode(this.#key.subarray(3 + logger.length, n));
      return {
        kind: 'record',
        level: gravest(text, level) ?? parseText(text).level,
        logger: logger === '' ? undefined : logger,
        message: text,
        headed: true,
        measures: textMeasures(latin1(this.#key, 3 + logger.length, n)),
      };
    });
    return { shape, trace, readings: joined(record.readings, readMeasures(this.#masker, shape.measures)) };
  }

  /** What the record says and its status means; undefined where it has neither. */
  #level(src: Uint8Array, status: number | undefined): Level | undefined {
    const said = this.#saidLevel(src);
    if (status === undefined) return said;
    if (said === undefined) return levelOfStatus(status);
    const isRequest = this.#record.field('method') !== undefined || this.#record.field('path') !== undefined;
    return graverOfStatus(said, status, isRequest);
  }

  #saidLevel(src: Uint8Array): Level | undefined {
    const record = this.#record;
    const text = record.text(src, 'level', 32);
    if (text === undefined) return COMPACT_MESSAGE.test(record.key('message') ?? '') ? 'info' : undefined;
    if (/^\d{1,3}$/.test(text)) {
      const n = Number(text);
      const scale = levelScale(record.key('level') ?? '');
      return scale === undefined || (scale === 'google' && n < 100)
        ? levelOfNumber(n)
        : levelOnScale(scale, n);
    }
    return levelOfLetter(text) ?? levelOfWord(text.replace(/^SEVERITY_NUMBER_([A-Z]+)[2-4]?$/, '$1'));
  }

  #status(src: Uint8Array): number | undefined {
    const text = this.#record.text(src, 'status', 4);
    return text !== undefined && /^[1-5]\d\d$/.test(text) ? Number(text) : undefined;
  }

  /** Masks the first line of the message into the masker's buffer; gives its length. */
  #message(src: Uint8Array): number {
    const span = this.#record.field('message');
    if (span !== undefined && span.to > span.from) {
      const n = unescapeJson(src, span, this.#text);
      let end = 0;
      while (end < n && this.#text[end] !== 10) end += 1;
      return this.#masker.mask(this.#text, 0, end > 0 ? end : n);
    }
    const method = this.#record.text(src, 'method', 16);
    const path = this.#record.text(src, 'path', 256);
    const text =
      method !== undefined && path !== undefined
        ? `${method} ${path}`
        : (this.#record.text(src, 'exceptionMessage', 512) ??
          `{${this.#record.keys.slice(0, 16).join(', ')}}`);
    const { written } = new TextEncoder().encodeInto(text.replace(/[^\x20-\x7e]/g, '?'), this.#text);
    return this.#masker.mask(this.#text, 0, written);
  }

  /** Level, logger and text as one key, so that equal bytes mean equal records. */
  #compose(level: Level, logger: string, masked: number, status: number | undefined): number {
    const key = this.#key;
    let o = 0;
    key[o++] = 1;
    key[o++] = LEVELS.indexOf(level);
    for (let k = 0; k < logger.length; k += 1) key[o++] = logger.charCodeAt(k);
    key[o++] = 0;
    for (let k = 0; k < masked; k += 1) key[o++] = this.#masker.out[k] ?? 0;
    if (status !== undefined) for (const c of ` status=${status}`) key[o++] = c.charCodeAt(0);
    return o;
  }

  #trace(src: Uint8Array): Trace | undefined {
    const record = this.#record;
    const stack = record.field('stack');
    const trace = new Trace();
    if (stack !== undefined) this.#stack(src, stack.from, stack.to, trace);
    else {
      const message = record.field('message');
      if (message !== undefined && hasNewline(src, message))
        this.#stack(src, message.from, message.to, trace, true);
    }
    if (!trace.hasException) {
      const type = record.text(src, 'exceptionType', 120);
      const text = record.text(src, 'exceptionMessage', 512);
      const both = [type, record.field('message') === undefined ? undefined : text]
        .filter((part) => part !== undefined)
        .join(': ');
      if (both !== '') trace.addException(this.#masked(both));
    }
    return trace.isEmpty ? undefined : trace;
  }

  #masked(text: string): string {
    const { written } = new TextEncoder().encodeInto(text, this.#text);
    const n = this.#masker.mask(this.#text, 0, written);
    return this.#decoder.decode(this.#masker.out.subarray(0, n));
  }

  /** Reads a stack; of a message, the lines behind the first. */
  #stack(src: Uint8Array, from: number, to: number, trace: Trace, behindFirst = false): void {
    const n = unescapeJson(src, { from, to }, this.#text);
    let start = 0;
    let python = false;
    for (let count = 0; start < n && count < MAX_STACK_LINES; count += 1) {
      let end = start;
      while (end < n && this.#text[end] !== 10) end += 1;
      if (!behindFirst || count > 0) {
        const length = this.#masker.mask(this.#text, start, end);
        const shape = this.#shapes.get(this.#masker.out, length, (out, m) =>
          textShape(this.#decoder, out, m),
        );
        if (shape.kind === 'traceback') python = true;
        else if (shape.kind === 'frame') trace.addFrame(shape.message, python);
        else if (shape.kind === 'cause') trace.addCause(shape.message);
        else if (python && shape.kind !== 'blank' && shape.kind !== 'indented')
          trace.setException(shape.message);
        else if (count === 0 && !behindFirst) trace.addException(shape.message);
        else if (shape.kind === 'exception') trace.addException(shape.message);
      }
      start = end + 1;
    }
  }
}

/** True when the JSON string holds `\\n`. */
function hasNewline(src: Uint8Array, { from, to }: Span): boolean {
  for (let k = from; k + 1 < to; k += 1) {
    if (src[k] !== 92) continue;
    if (src[k + 1] === 110) return true;
    k += 1;
  }
  return false;
}

function joined(
  fields: readonly Reading[] | undefined,
  text: readonly Reading[] | undefined,
): readonly Reading[] | undefined {
  if (fields === undefined || text === undefined) return fields ?? text;
  return [...fields, ...text];
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let k = from; k < to; k += 1) text += String.fromCharCode(bytes[k] ?? 0);
  return text;
}

/** What a masked line of text means. */
export function textShape(
  decoder: { decode(bytes: Uint8Array): string },
  out: Uint8Array,
  n: number,
): Omit<Shape, 'bytes' | 'next' | 'template'> {
  const masked = decoder.decode(out.subarray(0, n));
  const parsed = parseText(masked);
  const kind = lineKind(masked, parsed);
  return {
    kind,
    level: parsed.level,
    logger: parsed.logger,
    message:
      kind === 'record' || kind === 'goPanic' || kind === 'rustPanic' ? parsed.message : masked.trimStart(),
    headed: parsed.headed,
    measures: textMeasures(latin1(out, 0, n)),
  };
}
