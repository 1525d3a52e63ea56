import type { LevelScale } from './levels.ts';
import { type MeasureName, measureOf } from './measure-name.ts';

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

/**
 * Keys of pino, bunyan, winston, zap, logrus, log/slog, logback, log4j2, ECS, OpenTelemetry, Google Cloud, python-json-logger,
 * structlog, loguru, Serilog, the .NET JSON console, NLog, tracing, MongoDB, GELF, Monolog, log4js, journald. Earlier ones win.
 */
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
    'fields.message',
    'body',
    'Body',
    'body.stringValue',
    'jsonPayload.message',
    'record.message',
    'textPayload',
    'MESSAGE',
    'M',
  ],
  level: [
    'level_name',
    'level',
    'severity',
    'levelname',
    'level.levelStr',
    'log_level',
    'log.level',
    'lvl',
    '@level',
    'Level',
    '@l',
    'LogLevel',
    'loglevel',
    'levelName',
    'severity_text',
    'severityText',
    'record.level.name',
    'logLevel',
    'LevelName',
    'Severity',
    'SeverityText',
    'level_str',
    'levelStr',
    'log.severity',
    'fields.level',
    'jsonPayload.level',
    'record.levelname',
    's',
    'L',
    'levelno',
    'level_number',
    'record.level.no',
    'severityNumber',
    'severity_number',
    'SeverityNumber',
    'PRIORITY',
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
    'target',
    'log_name',
    'Logger',
    'record.name',
    'Properties.SourceContext',
    'scope.name',
    'c',
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
    'httpRequest.responseStatus',
    'attributes.http.status_code',
    'attributes.http.response.status_code',
    'fields.status',
    'Properties.StatusCode',
    'StatusCode',
    'context.status',
    'res.status_code',
    'downstream_status',
    'response_code',
    'DownstreamStatus',
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
    'exceptionClass',
    'attributes.exception.type',
    'Exception.ClassName',
    'exception.class',
    'context.exception.class',
    'exc_type',
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
    'attributes.exception.message',
    'Exception.Message',
    'fields.error',
    'exc_message',
    'attr.error',
    'errorMessage',
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
    'attributes.exception.stacktrace',
    'record.exception',
    'exc_text',
    'err_stack',
    'backtrace',
    'trace',
    'traceback',
    'error_stack',
    'Exception.StackTrace',
  ],
  method: [
    'method',
    'req.method',
    'request.method',
    'http.request.method',
    'httpRequest.requestMethod',
    'http_method',
    'requestMethod',
    'RequestMethod',
    'request_method',
    'http.method',
    'attributes.http.method',
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
    'requestUrl',
    'RequestPath',
    'http.url',
    'http.target',
    'attributes.http.target',
    'uri_path',
  ],
};

/** Keys of levels whose numbers are of another scale than that of pino, syslog and Monolog. */
const SCALES: ReadonlyMap<string, LevelScale> = new Map<string, LevelScale>([
  ['severity', 'google'],
  ['LogLevel', 'dotnet'],
  ['levelno', 'python'],
  ['level_number', 'python'],
  ['record.level.no', 'python'],
  ['severityNumber', 'openTelemetry'],
  ['severity_number', 'openTelemetry'],
  ['SeverityNumber', 'openTelemetry'],
]);

const NESTED = new Set(
  'level err error exception res response req request http http.response http.request httpRequest log url thrown fields body jsonPayload record record.level Properties attributes attributes.http attributes.http.response attributes.exception scope context context.exception attr event metrics timing timings perf performance request.timing Exception data extra details stats'.split(
    ' ',
  ),
);
/** Keys remembered before all are forgotten. */
const MAX_KEYS = 4_096;
/** Longest path that can matter, in bytes. */
const MAX_PATH = 64;

/** What a key at its place in a record means. */
export interface JsonKey {
  /** With the keys of the objects around it: `res.statusCode`; empty for the record itself. */
  readonly path: string;
  readonly field: Field | undefined;
  /** Among the keys of its field; the lowest wins. */
  readonly rank: number;
  /** True when what is inside its object may matter. */
  readonly nested: boolean;
  /** Set when its values are worth comparing. */
  readonly measure: MeasureName | undefined;
  readonly bytes: Uint8Array;
  readonly children: Map<number, JsonKey>;
  readonly next: JsonKey | undefined;
}

interface Rank {
  readonly field: Field;
  readonly rank: number;
}

const RANKS: ReadonlyMap<string, Rank> = new Map(
  Object.entries(KEYS).flatMap(([field, keys]) =>
    keys.map((key, rank): [string, Rank] => [key, { field: field as Field, rank }]),
  ),
);

/** The scale of a level's number under this key; undefined for the common ones. */
export function levelScale(key: string): LevelScale | undefined {
  return SCALES.get(key);
}

/** The key of this rank among those of a field, with the keys of the objects around it. */
export function keyOfRank(field: Field, rank: number): string | undefined {
  return KEYS[field][rank];
}

/** Key bytes → what they mean, found without making strings. A cache: forgetting changes no result. */
export class JsonKeys {
  #root = keyOf('', new Uint8Array(0), undefined);
  #size = 0;

  /** The place of a record's own keys. */
  get root(): JsonKey {
    if (this.#size >= MAX_KEYS) {
      this.#root = keyOf('', new Uint8Array(0), undefined);
      this.#size = 0;
    }
    return this.#root;
  }

  /** The key `src[from, to)` inside the object of `parent`. */
  find(src: Uint8Array, from: number, to: number, parent: JsonKey): JsonKey {
    let hash = to - from;
    for (let k = from; k < to; k += 1) hash = (Math.imul(hash, 31) + (src[k] ?? 0)) | 0;
    const first = parent.children.get(hash);
    for (let key = first; key !== undefined; key = key.next) {
      if (isSame(src, from, to, key.bytes)) return key;
    }
    const bytes = new Uint8Array(src.subarray(from, to));
    const name = String.fromCharCode(...bytes);
    const key = keyOf(parent.path === '' ? name : `${parent.path}.${name}`, bytes, first);
    parent.children.set(hash, key);
    this.#size += 1;
    return key;
  }
}

function keyOf(path: string, bytes: Uint8Array, next: JsonKey | undefined): JsonKey {
  const hit = RANKS.get(path);
  return {
    path,
    field: hit?.field,
    rank: hit?.rank ?? 0,
    nested: NESTED.has(path),
    measure: hit === undefined && path.length <= MAX_PATH ? measureNameOf(path) : undefined,
    bytes,
    children: new Map(),
    next,
  };
}

function measureNameOf(path: string): MeasureName | undefined {
  const measure = measureOf(path);
  if (measure === undefined) return undefined;
  return {
    name: path,
    unit: measure.msPerUnit === undefined ? undefined : 'ms',
    factor: measure.msPerUnit ?? 1,
  };
}

function isSame(src: Uint8Array, from: number, to: number, bytes: Uint8Array): boolean {
  if (to - from !== bytes.length) return false;
  for (let k = 0; k < bytes.length; k += 1) if (src[from + k] !== bytes[k]) return false;
  return true;
}
