import type { Level } from '../model.ts';
import { levelOfStatus, levelOfWord } from './levels.ts';
import { parseLogfmt } from './logfmt.ts';

/** What one record says, its header taken off. */
export interface Parsed {
  readonly level: Level;
  readonly logger?: string;
  readonly message: string;
  /** False for a line that shows no header of its own: it may belong to the record before it. */
  readonly headed: boolean;
}

/* Every expression is anchored, has no nested quantifier, and sees at most 512 bytes of masked text. */

const LEVEL =
  'TRACE|FINEST|FINER|VERBOSE|DEBUG|DBG|FINE|CONFIG|INFO|INF|NOTICE|LOG|WARN|WARNING|WRN|ERROR|ERR|SEVERE|FATAL|FTL|CRITICAL|CRIT|PANIC|DPANIC|ALERT|EMERG|EMERGENCY';
const STAMP_ONLY = /^[[(]?<ts>(?:[ ,.]<num>)?Z?[\])]?[:,]?/;
const BARE_LEVEL = new RegExp(`^(?:${LEVEL})(?=[ :\\]|)/,-]|$)`);
const ANY_CASE_LEVEL = new RegExp(`^(?:${LEVEL}|FAIL)(?=[ :\\]|)/,-]|$)`, 'i');
const BOXED_LEVEL = new RegExp(
  `^(?:\\[ ?(?:[a-z_]{1,24}:)?(${LEVEL}) ?\\]|<(${LEVEL})>|\\((${LEVEL})\\)|\\| ?(${LEVEL}) {0,3}\\|)`,
  'i',
);
const PROCESS_ID =
  /^(?:[[(](?:pid[ :=]?|tid[ :=]?|proc[ :=]?)?<(?:num|hex)>(?:[#:/.]<num>)?[\])]|\*<num>(?= )|<num>(?:#<num>:?(?= )|(?= ---)))/;
const BARE_PROCESS_ID = /^<num>:?(?= )/;
const DASHES = /^(?:---|--|-|\||:|>|•|–)(?= |$)/;
const BOX = /^\[([^[\]]{0,80})\]:?/;
const PAREN = /^\(([^()]{0,80})\)(?= )/;
const THREAD =
  /^(?:main|Thread|pool|worker|MainThread|MainProcess|nio|http|https|exec|task|scheduling|scheduler|executor|async|XNIO|qtp|ForkJoin|kafka|ThreadPool|restartedMain|background|reactor|vert\.x|grpc|tokio)\b|-exec-|-thread|^<num>$|^ *$|^[,<>a-z]*(?:,[^,]*){2,}$/i;
const LOGGER =
  /^([A-Za-z_][\w$.[\]/]{0,120}(?:(?:::|-)[\w$.]{1,80}){0,8})((?:[#:](?:<num>|L<num>))?(?::<num>)?)(\)?:? - | ?: |\] |:$| - )/;
const QUALIFIED = /^((?:[A-Za-z_][\w$[\]]{0,80}[./]){1,12}[A-Za-z_][\w$-]{0,80})(?:[#:]<num>)?:?(?= )/;
const CALLER = /^([\w./-]{1,120}\.(?:go|py|rs|js|ts|java|cc|cpp|c|rb)):<num>[:\]]?(?= )/;
const KLOG = /^([IWEF])(?:<num>|<ts>) (?:<ts> )?<num> ([\w.\\/-]{1,120}):<num>\] ?/;
const SYSLOG = /^(?:<<num>>)?(?:<num> )?<ts> ([\w.<>-]{1,120}) ([\w./-]{1,60})(?:\[<num>\])?: /;
const PYTHON = new RegExp(`^(${LEVEL}):([\\w.]{1,120}):`);
const NEST = /^\[Nest\] <num> - <ts>,? /;
const CELERY = new RegExp(`^\\[<ts>: (${LEVEL})/([\\w<>-]{1,60})\\] `);
const ACCESS =
  /" (\d{3})(?: |$)|\| (\d{3}) \||^(?:GET|PUT|POST|HEAD|PATCH|DELETE|OPTIONS) [^ ]+ (\d{3})(?: |$)/;
const HINT = new RegExp(`(?:^|[ \\[(|"])(${LEVEL})(?=[ :\\])|"]|$)`);
const HINT_PAIR = /\b(?:level|lvl|severity|loglevel)["']?[=:] ?["']?([A-Za-z]{3,11})\b/;
const FATAL_HEAD =
  /^(?:panic: |fatal error: |fatal: |(?:Segmentation fault|Aborted|Killed|Bus error)(?: \(core dumped\))?$|terminate called |thread '[^']*' panicked at|Uncaught |uncaughtException|Unhandled (?:exception|rejection)|UnhandledPromiseRejection|Out of memory|OutOfMemoryError|FATAL\b)/i;
const ERROR_HEAD =
  /^(?:Exception in thread|Traceback \(most recent call last\)|Error\b|error(?:\[[\w<>]*\])?:|(?:[A-Za-z_$][\w$]{0,80}[.:]{1,2}){0,12}[A-Za-z_$][\w$]{0,80}(?:Error|Exception|Failure|Throwable|Fault)\b(?::|$| at ))/;
const UNCAUGHT = /^Exception in thread /;
const WARN_HEAD = /^(?:\(node:<num>\) )?(?:\w{0,80}Warning\b|warn(?:ing)?:)/i;

/** Finds level, logger and message in the masked text of a record. */
export function parseText(masked: string): Parsed {
  const text = masked.trimStart();
  return klog(text) ?? logfmt(text) ?? scanHeader(text);
}

function klog(text: string): Parsed | undefined {
  const m = KLOG.exec(text);
  if (m === null) return undefined;
  const level: Level = m[1] === 'I' ? 'info' : m[1] === 'W' ? 'warn' : m[1] === 'E' ? 'error' : 'fatal';
  return { level, logger: m[2] ?? '', message: text.slice(m[0].length), headed: true };
}

function logfmt(text: string): Parsed | undefined {
  const start = STAMP_ONLY.exec(text)?.[0].length ?? 0;
  const pairs = parseLogfmt(text.slice(start).trimStart());
  if (pairs === undefined) return undefined;
  const { level, logger, message, status } = pairs;
  return {
    level:
      (level === undefined ? undefined : levelOfWord(level)) ??
      (status === undefined ? 'unknown' : levelOfStatus(status)),
    ...(logger === undefined ? {} : { logger }),
    message,
    headed: true,
  };
}

/** Takes header tokens off the front of the text until something is none; at most twelve. */
function scanHeader(text: string): Parsed {
  let rest = text;
  let level: Level | undefined;
  let logger: string | undefined;
  let stamped = false;
  let boxes = 0;
  const take = (length: number): void => {
    rest = rest.slice(length).trimStart();
  };
  const special = PYTHON.exec(rest) ?? CELERY.exec(rest);
  if (special !== null) {
    level = levelOfWord(special[1] ?? '');
    logger = special[2];
    take(special[0].length);
    return finish(rest, level, logger, true);
  }
  const syslog = SYSLOG.exec(rest);
  if (syslog !== null && !/^(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)$/.test(syslog[1] ?? '')) {
    logger = syslog[2];
    take(syslog[0].length);
    stamped = true;
  }
  const nest = NEST.exec(rest);
  if (nest !== null) {
    take(nest[0].length);
    stamped = true;
  }
  for (let step = 0; step < 12 && rest !== ''; step += 1) {
    const stamp = STAMP_ONLY.exec(rest);
    if (stamp !== null) {
      stamped = true;
      take(stamp[0].length);
      continue;
    }
    if (level === undefined) {
      const boxed = BOXED_LEVEL.exec(rest);
      const word = boxed?.[1] ?? boxed?.[2] ?? boxed?.[3] ?? boxed?.[4];
      if (boxed !== null && word !== undefined) {
        level = levelOfWord(word);
        take(boxed[0].length);
        if (rest.startsWith(':')) take(1);
        continue;
      }
      const bare = (stamped || boxes > 0 ? ANY_CASE_LEVEL : BARE_LEVEL).exec(rest) ?? lowerCaseLevel(rest);
      if (bare !== null) {
        const found = levelOfWord(bare[0]);
        if (!isTypeName(bare[0], rest)) {
          level = found;
          take(bare[0].length);
          if (/^[:\]|)/,-](?= |$)/.test(rest)) take(1);
          continue;
        }
      }
    }
    if (logger !== undefined && level !== undefined) break;
    const header = stamped || level !== undefined || boxes > 0;
    const dashes = header ? DASHES.exec(rest) : null;
    if (dashes !== null) {
      take(dashes[0].length);
      continue;
    }
    const id =
      header || rest.startsWith('[')
        ? (PROCESS_ID.exec(rest) ?? (stamped && level === undefined ? BARE_PROCESS_ID.exec(rest) : null))
        : null;
    if (id !== null) {
      boxes += 1;
      take(id[0].length);
      continue;
    }
    const caller = header ? CALLER.exec(rest) : null;
    if (caller !== null) {
      logger ??= caller[1];
      take(caller[0].length);
      continue;
    }
    const box = header && boxes < 4 ? (BOX.exec(rest) ?? PAREN.exec(rest)) : null;
    if (
      box !== null &&
      (level === undefined || rest[0] === '[') &&
      mayBeHeaderBox(box[1] ?? '', rest, box[0].length)
    ) {
      boxes += 1;
      const name = (box[1] ?? '').trim();
      if (!THREAD.test(name) && /[A-Za-z]/.test(name) && !name.includes(' ')) logger ??= name;
      take(box[0].length);
      continue;
    }
    const named = header && logger === undefined ? (LOGGER.exec(rest) ?? QUALIFIED.exec(rest)) : null;
    if (named !== null && !isException(named[1] ?? '')) {
      logger = named[1];
      take(named[0].length);
      continue;
    }
    break;
  }
  return finish(rest.replace(/^[-:|] +/, ''), level, logger, stamped || level !== undefined);
}

/** A box behind the level is header only when a logger or another separator follows: `[main] c.e.App : text`. */
function mayBeHeaderBox(name: string, rest: string, length: number): boolean {
  const behind = rest.slice(length).trimStart();
  if (behind === '') return false;
  return name.length <= 60 && rest[length] !== '[' && rest[length] !== '=';
}

/** `error: …`, `info: …` at the very start. */
function lowerCaseLevel(rest: string): RegExpExecArray | null {
  const m = ANY_CASE_LEVEL.exec(rest);
  return m !== null && /^[:\]]/.test(rest.slice(m[0].length)) ? m : null;
}

/** `Error: boom` names a JavaScript class, `panic: boom` the way a Go program ends: not only a level, it stays in the message. */
function isTypeName(word: string, rest: string): boolean {
  return (word === 'Error' && rest.startsWith('Error:')) || /^(?:panic|fatal): /.test(rest);
}

function isException(name: string): boolean {
  return /(?:Exception|Error|Throwable)$/.test(name) && !/logger|handler/i.test(name);
}

function finish(
  message: string,
  level: Level | undefined,
  logger: string | undefined,
  headed: boolean,
): Parsed {
  return {
    level: raise(message, level) ?? impliedLevel(message),
    ...(logger === undefined || logger === '' ? {} : { logger }),
    message,
    headed,
  };
}

/** A panic is fatal whatever the line's level says. */
function raise(message: string, level: Level | undefined): Level | undefined {
  return level === 'error' && /^panic: /.test(message) ? 'fatal' : level;
}

/** The level of a message that has no level in its header: an access log's status, a hint near the head, the shape of its head. */
function impliedLevel(message: string): Level {
  if (UNCAUGHT.test(message) || FATAL_HEAD.test(message)) return 'fatal';
  const access = ACCESS.exec(message);
  const status = access?.[1] ?? access?.[2] ?? access?.[3];
  if (status !== undefined) return levelOfStatus(Number(status));
  if (ERROR_HEAD.test(message)) return 'error';
  if (WARN_HEAD.test(message)) return 'warn';
  const head = message.slice(0, 80);
  const hint = HINT.exec(head) ?? HINT_PAIR.exec(head);
  return (hint?.[1] === undefined ? undefined : levelOfWord(hint[1])) ?? 'unknown';
}
