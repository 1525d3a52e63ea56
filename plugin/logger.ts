/** The levels of hclog that Argo's host re-emits a line at. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** What a line says beside its message; strings are cut and escaped, other values become JSON text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line a call: a constant message and its fields. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger;
}

/** Where lines go, from which level on, and what time it is. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Receives each line with its newline; never more than {@link MAX_LINE_BYTES}. */
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

/** go-plugin reads stderr with a buffer of 64 KiB and prints what does not fit as raw fragments (client.go, logStderr). */
export const MAX_LINE_BYTES = 64 * 1024 - 1;

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
const LONGEST_STRING = 4_000;
const MOST_FIELDS = 40;

/** The level that `LOG_LEVEL` names in logrus' words (panic, fatal, error, warn, warning, info, debug, trace); else undefined. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'panic' || word === 'fatal') return 'error';
  if (word === 'warning') return 'warn';
  return LEVELS.find((level) => level === word);
}

/**
 * A logger of hclog JSON lines, which Argo's host re-emits at their level (go-plugin log_entry.go).
 * That host dies of an `@message`, `@level` or `@timestamp` that is no string, and prints control characters as they
 * are: all three are strings here, and nothing in a line can forge another.
 */
export function createLogger(options: LoggerOptions): Logger {
  return build(options, {});
}

function build(options: LoggerOptions, bound: LogFields): Logger {
  const lowest = LEVELS.indexOf(options.level);
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(level) < lowest) return;
    options.write(formatLine(level, message, options.now(), { ...bound, ...fields }));
  };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => build(options, { ...bound, ...fields }),
  };
}

/**
 * One hclog line with its newline. `@timestamp` has exactly six fraction digits: with any other number the host
 * prints the raw line at DEBUG. What makes a line too long is cut, and the line says so.
 */
export function formatLine(level: LogLevel, message: string, time: Date, fields: LogFields = {}): string {
  const head = {
    '@level': level,
    '@message': text(message),
    '@timestamp': time.toISOString().replace(/Z$/, '000Z'),
  };
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  const kept = entries
    .slice(0, MOST_FIELDS)
    .map(([key, value]) => [fieldName(key), fieldValue(value)] as const);
  const whole = `${JSON.stringify({ ...Object.fromEntries(kept), ...head })}\n`;
  if (entries.length <= MOST_FIELDS && Buffer.byteLength(whole) <= MAX_LINE_BYTES) return whole;
  const short: Record<string, unknown> = {};
  let room = MAX_LINE_BYTES - Buffer.byteLength(JSON.stringify({ ...head, truncated: true })) - 1;
  for (const [key, value] of kept) {
    room -= Buffer.byteLength(JSON.stringify({ [key]: value }));
    if (room < 0) break;
    short[key] = value;
  }
  return `${JSON.stringify({ ...short, truncated: true, ...head })}\n`;
}

/** Keys with `@` are the line's own; a field may not take their place. */
function fieldName(key: string): string {
  return text(key).replace(/^@+/, '') || 'field';
}

function fieldValue(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return text(value);
  if (value instanceof Error) return text(`${value.name}: ${value.message}`);
  return text(jsonText(value));
}

function jsonText(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)) ?? String(value)
    );
  } catch {
    return '[not serialisable]';
  }
}

/** Control characters, line separators, bidirectional overrides and lone surrogates, as `\u` escapes one can read. */
function text(value: string): string {
  const cut = value.length > LONGEST_STRING ? `${value.slice(0, LONGEST_STRING)}…` : value;
  return cut.replace(
    /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => ESCAPES.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
