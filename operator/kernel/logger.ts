import type { Writable } from 'node:stream';
import { createLogger as createWinston, format, transports, type Logger as Winston } from 'winston';
import { CodedError } from '../../crds/errors.ts';
import { describeError } from './error-fields.ts';

/** The levels that `LOG_LEVEL` takes, most urgent first; each shows itself and those before it. */
export const LOG_LEVELS = ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What stands beside the message: values that JSON takes, and errors under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A log of JSON lines: a constant message, and fields for what varies. */
export interface Logger {
  /** The process cannot go on. */
  fatal(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** Sizes, hashes and timings. */
  debug(message: string, fields?: LogFields): void;
  /** Redacted content, too. */
  trace(message: string, fields?: LogFields): void;
  /** A logger whose every line has these fields besides its own. */
  child(fields: LogFields): Logger;
  /** Whether a level is shown, for fields that cost something to make. */
  isEnabled(level: LogLevel): boolean;
}

/** How a logger is made; all optional. */
export interface LoggerOptions {
  /** `info` when absent. */
  readonly level?: LogLevel;
  /** Where the lines go; standard error when absent, for standard output belongs to results. */
  readonly stream?: Writable;
  /** Applied to every string in the fields, e.g. to redact it. */
  readonly sanitize?: (text: string) => string;
  /** The time of a line; now when absent. */
  readonly now?: () => number;
}

/**
 * Reads a `LOG_LEVEL`: any case, `warning` for `warn`; `info` for an absent or empty one.
 * @throws CodedError `CONFIG_INVALID` for anything else
 */
export function parseLogLevel(text: string | undefined): LogLevel {
  const name = (text ?? '').trim().toLowerCase();
  if (name === '') return 'info';
  const level = LOG_LEVELS.find((known) => known === (name === 'warning' ? 'warn' : name));
  if (level === undefined) {
    throw new CodedError(
      'CONFIG_INVALID',
      `LOG_LEVEL ${JSON.stringify(name.slice(0, 32))} is not one of ${LOG_LEVELS.join(', ')}`,
    );
  }
  return level;
}

/** Makes the logger of a process. Fields whose name tells of a credential, a header or a body are left out. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', stream = process.stderr, sanitize = (text) => text, now = Date.now } = options;
  const line = format.printf((info) =>
    JSON.stringify({
      timestamp: new Date(now()).toISOString(),
      level: info.level,
      message: info.message,
      ...(clean(info['fields'], sanitize) as object),
    }),
  );
  const winston = createWinston({
    levels: Object.fromEntries(LOG_LEVELS.map((name, index) => [name, index])),
    level,
    format: line,
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  return loggerOver(winston, {});
}

/** A logger that writes nothing, for tests and for callers that want none. */
export const silentLogger: Logger = {
  fatal: () => {},
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  trace: () => {},
  child: () => silentLogger,
  isEnabled: () => false,
};

function loggerOver(winston: Winston, base: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      winston.log({ level, message, fields: { ...base, ...fields } });
    };
  return {
    fatal: at('fatal'),
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    child: (fields) => loggerOver(winston, { ...base, ...fields }),
    isEnabled: (level) => LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(winston.level as LogLevel),
  };
}

/** Compared in lower case without `-` and `_`; whole names, so that `tokens` of a model's usage stay. */
const CONFIDENTIAL = new Set([
  'apikey',
  'auth',
  'authorization',
  'body',
  'cookie',
  'credentials',
  'headers',
  'password',
  'request',
  'response',
  'secret',
  'token',
]);
const RESERVED = new Set(['timestamp', 'level', 'message']);
const MAX_DEPTH = 6;
const MAX_TEXT = 8192;

function clean(value: unknown, sanitize: (text: string) => string, depth = 0): unknown {
  if (typeof value === 'string') return clip(sanitize(value));
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '…';
  if (value instanceof Error) return clean(describeError(value), sanitize, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map((item) => clean(item, sanitize, depth + 1));
  const entries = Object.entries(value)
    .filter(([key]) => !CONFIDENTIAL.has(key.toLowerCase().replaceAll(/[-_]/g, '')))
    .map(([key, item]) => [
      depth === 0 && RESERVED.has(key) ? `${key}_` : key,
      clean(item, sanitize, depth + 1),
    ]);
  return Object.fromEntries(entries);
}

function clip(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`;
}
