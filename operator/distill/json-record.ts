import { at, CLASS, SPACE } from './bytes.ts';

/** A value inside a line: bytes `[from, to)`, for a string without its quotes. */
export interface Span {
  from: number;
  to: number;
}

/** Fields of a JSON record that matter, named by what they mean. */
export type Field =
  | 'message'
  | 'level'
  | 'logger'
  | 'status'
  | 'exceptionType'
  | 'exceptionMessage'
  | 'stack'
  | 'method'
  | 'path';

/** Keys of pino, bunyan, winston, zap, logrus, logback, ECS, python-json-logger, structlog, Serilog, GELF. Earlier ones win. */
const KEYS: Readonly<Record<Field, readonly string[]>> = {
  message: [
    'msg',
    'message',
    '@message',
    'short_message',
    'event',
    'RenderedMessage',
    '@m',
    '@mt',
    'MessageTemplate',
    'Message',
    'text',
    'log',
  ],
  level: [
    'level',
    'severity',
    'levelname',
    'log.level',
    'lvl',
    '@level',
    'Level',
    '@l',
    'LogLevel',
    'loglevel',
    'levelName',
  ],
  logger: [
    'logger',
    'logger_name',
    'log.logger',
    'loggerName',
    'name',
    'component',
    '@module',
    'module',
    'SourceContext',
    'Category',
    'context',
    'service',
  ],
  status: [
    'status',
    'statusCode',
    'status_code',
    'http.status_code',
    'res.statusCode',
    'res.status',
    'response.status',
    'response.statusCode',
    'http.response.status_code',
    'httpRequest.status',
    'responseStatus',
    'http_status',
  ],
  exceptionType: [
    'err.type',
    'error.type',
    'err.name',
    'error.name',
    'exception.type',
    'error.kind',
    'exception.exception_class',
    'exception_class',
    'thrown.name',
  ],
  exceptionMessage: [
    'err.message',
    'error.message',
    'exception.message',
    'error',
    'err',
    'exception.exception_message',
    'exception_message',
    'thrown.message',
  ],
  stack: [
    'err.stack',
    'error.stack',
    'error.stack_trace',
    'stack_trace',
    'stackTrace',
    'stack',
    'stacktrace',
    'exception.stacktrace',
    'exc_info',
    'exception',
    'Exception',
    '@x',
    'thrown.extendedStackTrace',
    'errorVerbose',
  ],
  method: [
    'method',
    'req.method',
    'request.method',
    'http.request.method',
    'httpRequest.requestMethod',
    'http_method',
  ],
  path: [
    'path',
    'url',
    'uri',
    'req.url',
    'request.path',
    'request.url',
    'url.path',
    'request_uri',
    'httpRequest.requestUrl',
    'http_path',
  ],
};

interface Rank {
  readonly field: Field;
  readonly rank: number;
}

const RANKS: ReadonlyMap<string, Rank> = new Map(
  Object.entries(KEYS).flatMap(([field, keys]) =>
    keys.map((key, rank): [string, Rank] => [key, { field: field as Field, rank }]),
  ),
);
const NESTED = new Set([
  'err',
  'error',
  'exception',
  'res',
  'response',
  'req',
  'request',
  'http',
  'http.response',
  'http.request',
  'httpRequest',
  'log',
  'url',
  'thrown',
]);
/** Pairs looked at in one record. */
const MAX_PAIRS = 256;
/** Longest key that can matter. */
const MAX_KEY = 40;

/**
 * Finds the fields of a one-line JSON object without building it: one pass over the bytes.
 * Reuses its spans: what it found holds until the next {@link read}.
 */
export class JsonRecord {
  readonly #spans = new Map<Field, Span & { rank: number; quoted: boolean }>();
  /** Names of the top-level keys, for records without a message. */
  keys: string[] = [];
  #pairs = 0;
  #ok = true;

  /** True when `src[from, to)` is a JSON object with at least one pair; one cut off inside a value still counts. */
  read(src: Uint8Array, from: number, to: number): boolean {
    this.#spans.clear();
    this.keys = [];
    this.#pairs = 0;
    this.#ok = true;
    this.#object(src, from, to, '');
    return this.#ok && this.#pairs > 0;
  }

  /** The span of a field, undefined when the record lacks it. */
  field(name: Field): Span | undefined {
    return this.#spans.get(name);
  }

  /** The value of a field as text of at most `max` bytes, escapes left as they are. */
  text(src: Uint8Array, name: Field, max: number): string | undefined {
    const span = this.#spans.get(name);
    if (span === undefined) return undefined;
    let out = '';
    for (let k = span.from; k < Math.min(span.to, span.from + max); k += 1)
      out += String.fromCharCode(src[k] ?? 0);
    return out;
  }

  /** Reads the object that opens at `i`; gives the index behind it. */
  #object(src: Uint8Array, i: number, to: number, prefix: string): number {
    let j = i + 1;
    for (;;) {
      j = skipSpace(src, j, to);
      const c = at(src, j, to);
      if (c === 0x7d) return j + 1;
      if (c === 44) {
        j += 1;
        continue;
      }
      if (j >= to && this.#pairs > 0) return to;
      if (c !== 34 || this.#pairs >= MAX_PAIRS) {
        this.#ok = this.#pairs >= MAX_PAIRS;
        return to;
      }
      const keyEnd = stringEnd(src, j + 1, to);
      const key = keyEnd - j - 1 > MAX_KEY ? '' : latin1(src, j + 1, keyEnd, prefix);
      if (prefix === '') this.keys.push(key);
      j = skipSpace(src, keyEnd + 1, to);
      if (at(src, j, to) !== 58) {
        if (j < to || this.#pairs === 0) this.#ok = false;
        return to;
      }
      this.#pairs += 1;
      j = this.#value(src, skipSpace(src, j + 1, to), to, key);
    }
  }

  #value(src: Uint8Array, i: number, to: number, key: string): number {
    const c = at(src, i, to);
    if (c === 34) {
      const end = stringEnd(src, i + 1, to);
      this.#found(key, i + 1, end, true);
      return Math.min(end + 1, to);
    }
    if (c === 0x7b) {
      return NESTED.has(key) ? this.#object(src, i, to, `${key}.`) : skipNested(src, i, to);
    }
    if (c === 0x5b) return skipNested(src, i, to);
    let j = i;
    while (j < to && src[j] !== 44 && src[j] !== 0x7d && src[j] !== 32) j += 1;
    if (c !== 0x6e) this.#found(key, i, j, false);
    return j;
  }

  #found(key: string, from: number, to: number, quoted: boolean): void {
    const hit = RANKS.get(key);
    if (hit === undefined || (to === from && hit.field !== 'message')) return;
    const known = this.#spans.get(hit.field);
    if (known === undefined || hit.rank < known.rank)
      this.#spans.set(hit.field, { from, to, rank: hit.rank, quoted });
  }
}

/** The index of the closing quote, or `to`. */
function stringEnd(src: Uint8Array, i: number, to: number): number {
  let j = i;
  while (j < to) {
    const c = src[j];
    if (c === 34) return j;
    j += c === 92 ? 2 : 1;
  }
  return to;
}

function skipNested(src: Uint8Array, i: number, to: number): number {
  let depth = 0;
  let j = i;
  while (j < to) {
    const c = src[j] ?? 0;
    if (c === 34) j = stringEnd(src, j + 1, to);
    else if (c === 0x7b || c === 0x5b) depth += 1;
    else if (c === 0x7d || c === 0x5d) {
      depth -= 1;
      if (depth === 0) return j + 1;
    }
    j += 1;
  }
  return to;
}

function skipSpace(src: Uint8Array, i: number, to: number): number {
  let j = i;
  while (j < to && CLASS[src[j] ?? 0] === SPACE) j += 1;
  return j;
}

function latin1(src: Uint8Array, from: number, to: number, prefix: string): string {
  let out = prefix;
  for (let k = from; k < to; k += 1) out += String.fromCharCode(src[k] ?? 0);
  return out;
}

/**
 * Writes a JSON string's bytes with its escapes resolved into `out`; gives the length, at most `out.length`.
 * A lone surrogate becomes `?`.
 */
export function unescapeJson(src: Uint8Array, span: Span, out: Uint8Array): number {
  let o = 0;
  let i = span.from;
  const room = out.length - 4;
  while (i < span.to && o < room) {
    const c = src[i] ?? 0;
    if (c !== 92) {
      out[o++] = c;
      i += 1;
      continue;
    }
    const e = at(src, i + 1, span.to);
    i += 2;
    if (e === 117) {
      const code = Number.parseInt(latin1(src, i, Math.min(i + 4, span.to), ''), 16);
      i += 4;
      o = utf8(out, o, Number.isNaN(code) ? 63 : code);
    } else out[o++] = e === 110 ? 10 : e === 116 ? 9 : e === 114 ? 13 : e === 98 || e === 102 ? 32 : e;
  }
  return o;
}

function utf8(out: Uint8Array, o: number, code: number): number {
  let n = o;
  if (code < 0x80) out[n++] = code;
  else if (code < 0x800) {
    out[n++] = 0xc0 | (code >> 6);
    out[n++] = 0x80 | (code & 63);
  } else if (code >= 0xd800 && code <= 0xdfff) out[n++] = 63;
  else {
    out[n++] = 0xe0 | (code >> 12);
    out[n++] = 0x80 | ((code >> 6) & 63);
    out[n++] = 0x80 | (code & 63);
  }
  return n;
}
