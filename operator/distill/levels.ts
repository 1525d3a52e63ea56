import type { Level } from '../model.ts';

const WORDS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['trace', 'trace'],
  ['trac', 'trace'],
  ['trce', 'trace'],
  ['trc', 'trace'],
  ['finest', 'trace'],
  ['finer', 'trace'],
  ['silly', 'trace'],
  ['verbose', 'debug'],
  ['vrb', 'debug'],
  ['debug', 'debug'],
  ['debg', 'debug'],
  ['debu', 'debug'],
  ['dbug', 'debug'],
  ['dbg', 'debug'],
  ['fine', 'debug'],
  ['config', 'info'],
  ['info', 'info'],
  ['information', 'info'],
  ['informational', 'info'],
  ['inf', 'info'],
  ['notice', 'info'],
  ['http', 'info'],
  ['log', 'info'],
  ['default', 'info'],
  ['success', 'info'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['wrn', 'warn'],
  ['err', 'error'],
  ['erro', 'error'],
  ['eror', 'error'],
  ['error', 'error'],
  ['fail', 'error'],
  ['severe', 'error'],
  ['crit', 'fatal'],
  ['critical', 'fatal'],
  ['fatal', 'fatal'],
  ['ftl', 'fatal'],
  ['fata', 'fatal'],
  ['pani', 'fatal'],
  ['pnc', 'fatal'],
  ['panic', 'fatal'],
  ['dpanic', 'fatal'],
  ['alert', 'fatal'],
  ['emerg', 'fatal'],
  ['emergency', 'fatal'],
]);

/** Alternatives of a regular expression: the words for levels that logs write in capitals, or any case where a header shows. */
export const LEVEL_NAMES =
  'TRACE|TRCE|TRC|FINEST|FINER|VERBOSE|VRB|DEBUG|DEBG|DBG|FINE|CONFIG|INFO|INF|NOTICE|LOG|WARN|WARNING|WRN|ERROR|ERRO|EROR|ERR|SEVERE|FATAL|FTL|CRITICAL|CRIT|PANIC|PNC|DPANIC|ALERT|EMERG|EMERGENCY';

/** How log/slog writes a level between two named ones, `ERROR+4`, its number masked or not. */
const SLOG_OFFSET = /[+-](?:\d{1,3}|<num>)$/;

/** The level that a word stands for, in any case; undefined for other words. */
export function levelOfWord(word: string): Level | undefined {
  return WORDS.get(word.toLowerCase()) ?? WORDS.get(word.toLowerCase().replace(SLOG_OFFSET, ''));
}

const LETTERS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['T', 'trace'],
  ['D', 'debug'],
  ['I', 'info'],
  ['N', 'info'],
  ['W', 'warn'],
  ['E', 'error'],
  ['C', 'fatal'],
  ['F', 'fatal'],
  ['A', 'fatal'],
]);

/** The level that a capital stands for, perhaps with a digit: klog, capnslog, MongoDB (`D1` … `D5`), Ruby. */
export function levelOfLetter(text: string): Level | undefined {
  return text.length === 1 || /^D[1-5]$/.test(text) ? LETTERS.get(text.charAt(0)) : undefined;
}

/**
 * The level that a number stands for where its key does not name a scale: pino and bunyan (10 trace … 60 fatal), syslog
 * severities (RFC 5424: 0–3 error and worse, 4 warning, 5–6 info, 7 debug), Monolog (RFC 5424 spread over 100 debug …
 * 600 emergency: https://github.com/Seldaek/monolog/blob/main/doc/01-usage.md#log-levels).
 */
export function levelOfNumber(n: number): Level | undefined {
  if (!Number.isFinite(n) || n < 0) return undefined;
  if (n >= 100 && n <= 600 && n % 50 === 0)
    return n < 200 ? 'debug' : n < 300 ? 'info' : n < 400 ? 'warn' : n < 500 ? 'error' : 'fatal';
  if (n <= 7) return n <= 2 ? 'fatal' : n === 3 ? 'error' : n === 4 ? 'warn' : n <= 6 ? 'info' : 'debug';
  if (n < 10 || n > 100) return undefined;
  if (n < 20) return 'trace';
  if (n < 30) return 'debug';
  if (n < 40) return 'info';
  if (n < 50) return 'warn';
  return n < 60 ? 'error' : 'fatal';
}

/** Scales of levels in numbers, told by the key that they stand under. */
const SCALES = {
  /** Python and loguru: 10 DEBUG, 20 INFO, 30 WARNING, 40 ERROR, 50 CRITICAL (https://docs.python.org/3/library/logging.html#logging-levels). */
  python: [
    [50, 'fatal'],
    [40, 'error'],
    [30, 'warn'],
    [20, 'info'],
    [10, 'debug'],
    [1, 'trace'],
  ],
  /** SeverityNumber: 1–4 TRACE … 21–24 FATAL, 0 not specified (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber). */
  openTelemetry: [
    [25, undefined],
    [21, 'fatal'],
    [17, 'error'],
    [13, 'warn'],
    [9, 'info'],
    [5, 'debug'],
    [1, 'trace'],
  ],
  /** LogSeverity: 100 DEBUG … 800 EMERGENCY (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity). */
  google: [
    [600, 'fatal'],
    [500, 'error'],
    [400, 'warn'],
    [200, 'info'],
    [100, 'debug'],
  ],
  /** LogLevel of .NET: 0 Trace … 5 Critical, 6 None (https://learn.microsoft.com/dotnet/api/microsoft.extensions.logging.loglevel). */
  dotnet: [
    [6, undefined],
    [5, 'fatal'],
    [4, 'error'],
    [3, 'warn'],
    [2, 'info'],
    [1, 'debug'],
    [0, 'trace'],
  ],
} as const satisfies Record<string, readonly (readonly [number, Level | undefined])[]>;

/** A scale of levels in numbers. */
export type LevelScale = keyof typeof SCALES;

/** The level that a number stands for on a scale; undefined below and above it. */
export function levelOnScale(scale: LevelScale, n: number): Level | undefined {
  return SCALES[scale].find(([from]) => n >= from)?.[1];
}

/** The level of a request's record that names none: 5xx is an error, 4xx a warning, anything below is information. */
export function levelOfStatus(status: number): Level {
  return status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
}

/**
 * The graver of a record's own level and what the status in it means: a 5xx is an error even where access logs call every
 * request `info`. A warning stays one unless the record is a request's own, for it may tell of a call that is tried again;
 * so does everything below 500, which the client may be to blame for.
 */
export function graverOfStatus(level: Level, status: number, isRequest: boolean): Level {
  if (status < 500 || isErrorLevel(level) || (level === 'warn' && !isRequest)) return level;
  return 'error';
}

/** True for the levels whose templates the judge holds against a canary. */
export function isErrorLevel(level: Level): boolean {
  return level === 'error' || level === 'fatal';
}
