import { isStatusKey } from './request-status.ts';

/** What the pairs of a logfmt record say. */
export interface LogfmtRecord {
  readonly level?: string;
  readonly logger?: string;
  readonly message: string;
  readonly status?: number;
  /** True where a method, a path or a URL stands among the pairs. */
  readonly isRequest: boolean;
}

const PAIR = /([A-Za-z_@][\w.@/-]{0,63})=("(?:[^"\\]|\\.)*"?|[^ ]*) ?/y;
const LEVEL_KEYS = new Set(['level', 'lvl', 'severity', 'loglevel', 'log.level']);
const MESSAGE_KEYS = new Set(['msg', 'message', 'event']);
const LOGGER_KEYS = new Set(['logger', 'component', 'name', 'module', 'subsys', 'controller']);
const REQUEST_KEY = /^(?:[\w.]{0,40}[._])?(?:method|path|uri|url)$/i;
/** Pairs that tell one kind of record from another. */
const TELLING_KEYS = new Set(
  'err error exception reason cause status code status_code statusCode http_status error_code errorCode exit_code exitCode exitcode errno signal result outcome state'.split(
    ' ',
  ),
);

/**
 * Reads a masked line of `key=value` pairs (https://brandur.org/logfmt); undefined when the line does not start with
 * pairs or has neither a level nor a message among them. The message is that of `msg` with the error and the status
 * behind it; other pairs are details of one occurrence. Without `msg` all pairs are the message.
 */
export function parseLogfmt(text: string): LogfmtRecord | undefined {
  let level: string | undefined;
  let logger: string | undefined;
  let message: string | undefined;
  let status: number | undefined;
  let isRequest = false;
  const kept: string[] = [];
  const all: string[] = [];
  PAIR.lastIndex = 0;
  for (let count = 0; count < 64; count += 1) {
    const at = PAIR.lastIndex;
    const m = PAIR.exec(text);
    if (m === null) {
      if (at < text.length && count < 3) return undefined;
      break;
    }
    const key = m[1] ?? '';
    const value = unquote(m[2] ?? '');
    if (LEVEL_KEYS.has(key)) level ??= value;
    else if (MESSAGE_KEYS.has(key)) message ??= value;
    else if (LOGGER_KEYS.has(key)) logger ??= value;
    else if (!/^(?:ts|time|timestamp|t|@timestamp|caller)$/.test(key)) {
      all.push(`${key}=${value}`);
      if (TELLING_KEYS.has(key)) kept.push(`${key}=${value}`);
      if (isStatusKey(key) && /^[1-5]\d\d$/.test(value)) status ??= Number(value);
      else if (REQUEST_KEY.test(key)) isRequest = true;
    }
  }
  if (level === undefined && message === undefined) return undefined;
  return {
    isRequest,
    message: message === undefined ? all.join(' ') : [message, ...kept].join(' '),
    ...(level === undefined ? {} : { level }),
    ...(logger === undefined ? {} : { logger }),
    ...(status === undefined ? {} : { status }),
  };
}

/** Where pairs begin that go on to the end of the text. */
const FIRST_PAIR = /(?<=\S) (?=[A-Za-z_@][\w.@/-]{0,63}=(?!=| |$))/g;

/**
 * A message without the pairs at its end, as logrus, slog, zerolog, hclog, klog, structlog and tracing write them, but
 * for those that tell one kind of record from another: `"Failed" pod="a/b" err="x"` is `"Failed" err=x`.
 */
export function withoutPairs(message: string): string {
  for (const { index } of message.matchAll(FIRST_PAIR)) {
    const kept = tellingPairs(message, index + 1);
    if (kept !== undefined) return [message.slice(0, index), ...kept].join(' ');
  }
  return message;
}

/** The telling ones of the pairs that stand from `from` to the end; undefined when something else stands there too. */
function tellingPairs(text: string, from: number): string[] | undefined {
  const kept: string[] = [];
  PAIR.lastIndex = from;
  while (PAIR.lastIndex < text.length) {
    const match = PAIR.exec(text);
    if (match === null) return undefined;
    const key = match[1] ?? '';
    if (TELLING_KEYS.has(key)) kept.push(`${key}=${unquote(match[2] ?? '')}`);
  }
  return kept;
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.replace(/^"|"$/g, '').replaceAll('\\"', '"').replaceAll('\\n', ' ');
}
