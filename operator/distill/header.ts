import type { Level } from '../model.ts';
import { formatHead } from './formats.ts';
import { gravest, impliedLevel } from './implied-level.ts';
import { graverOfStatus, LEVEL_NAMES, levelOfLetter, levelOfStatus, levelOfWord } from './levels.ts';
import { parseLogfmt, withoutPairs } from './logfmt.ts';

/** What one record says, its header taken off. */
export interface Parsed {
  readonly level: Level;
  readonly logger?: string;
  readonly message: string;
  /** False for a line that shows no header of its own: it may belong to the record before it. */
  readonly headed: boolean;
}

/* Every expression is anchored, has no nested quantifier, and sees at most 512 bytes of masked text. */

const STAMP = /^(?:[[(]?<ts>(?:[ ,.]<num>)?Z?[\])]?[:,]?|\[<(?:dur|num)>\](?=\[))/;
const BARE_LEVEL = new RegExp(`^(?:${LEVEL_NAMES})(?=[ :\\]|)/,-]|$)`);
const ANY_CASE_LEVEL = new RegExp(`^(?:${LEVEL_NAMES}|FAIL)(?=[ :\\]|)/,-]|$)`, 'i');
const BOXED_LEVEL = new RegExp(
  `^(?:\\[ ?(?:[a-z_]{1,24}:)?(${LEVEL_NAMES}) ?\\]|<(${LEVEL_NAMES})>|\\((${LEVEL_NAMES})\\)|\\| ?(${LEVEL_NAMES}) {0,3}\\||\\[[^\\]/]{1,60}/(${LEVEL_NAMES})\\])`,
  'i',
);
/** `[E] text`, and behind a timestamp. */
const BOXED_LETTER = /^\[([TDIWEFC])\]:?(?= |$|\[)/;
const PROCESS_ID =
  /^(?:[[(](?:pid[ :=]?|tid[ :=]?|proc[ :=]?)?<(?:num|hex)>(?:[#:/.]<num>)?[\])]|<<num>>|ThreadId\(<num>\)|\*<num>(?= )|<num>(?:#<num>:?(?= )|(?= ---)))/;
const BARE_PROCESS_ID = /^<num>:?(?= )/;
/** PostgreSQL's `%u@%d`. */
const ROLE = new RegExp(`^[\\w<>-]{1,64}@[\\w<>-]{1,64} (?=(?:${LEVEL_NAMES}): )`);
const DASHES = /^(?:---|--|-|\||:|>|•|–)(?= |$)/;
const BOX = /^\[([^[\]]{0,80})\]:?/;
const PAREN = /^\(([^()]{0,80})\)(?= )/;
/** Airflow puts `{file.py:12}` there, which is masked. */
const BRACES = new RegExp(`^\\{…\\} (?=(?:${LEVEL_NAMES})\\b)`);
const BOX_BEFORE_STAMP = /^\[([A-Za-z][\w.-]{0,60})\] (?=<ts>)/;
const BOX_BEFORE_LEVEL = new RegExp(`^\\[([A-Za-z_][\\w.:$/-]{0,80})\\](?=\\[(?:${LEVEL_NAMES}) ?\\])`, 'i');
const THREAD =
  /^(?:main|Thread|pool|worker|MainThread|MainProcess|nio|http|https|exec|task|scheduling|scheduler|executor|async|XNIO|qtp|ForkJoin|kafka|ThreadPool|restartedMain|background|reactor|vert\.x|grpc|tokio)\b|-exec-|-thread|^<num>$|^ *$|,/i;
const THREAD_BEHIND_LOGGER =
  /^(?:\([^()]{0,60}(?:thread|pool|exec|worker|main)[^()]{0,40}\)|\[[\w./-]{1,120}:<num>\]) (?=\S)/i;
const LOGGER =
  /^([A-Za-z_][\w$.[\]/]{0,120}(?:(?:::|-)[\w$.]{1,80}){0,8})((?:[#:](?:<num>|L<num>))?(?::<num>)?)(\)?:? - | ?: |\] |:$| - |\| ?)/;
/** loguru: module, function and line. */
const MODULE_FUNCTION = /^([A-Za-z_][\w.]{0,120}):[\w<>.]{1,80}:<num> - /;
const QUALIFIED = /^((?:[A-Za-z_][\w$[\]]{0,80}[./]){1,12}[A-Za-z_][\w$-]{0,80})(?:[#:]<num>)?:?(?= )/;
/** Tomcat's containers: `o.a.c.c.C.[.[.[/].[dispatcherServlet]`. */
const CONTAINER = /^((?:[a-z]\w{0,40}\.){2,8}[A-Z]\w{0,60}\.\[[\w.[\]/-]{1,120})(?:#<num>)?(?: ?:)?(?= )/;
const CALLER = /^([\w./-]{1,120}\.(?:go|py|rs|js|ts|java|cc|cpp|c|rb)):<num>[:\]]?(?= )/;
/** bunyan's command line: name, process and host. */
const BUNYAN = /^([\w.-]{1,60})\/<num> on [\w.<>-]{1,80}: /;
/** Spans of Rust's tracing. */
const SPAN = /^(?:[A-Za-z_][\w.-]{0,60}(?:\{[^{}]{0,200}\})?:)+ ?(?=[A-Za-z_]\w*(?:::\w+)*: )/;
/** `%m (%c)` of log4j. */
const LOGGER_BEHIND = / \(((?:[a-z_]\w{0,40}\.){1,8}[A-Za-z_$][\w$]{0,80})\)$/;
/** In lower case and with a space behind, only these words are levels. */
const WORDS_THAT_LEAD = /^(?:trace|debug|info|warn|warning|error|fatal|critical)$/i;

/** Finds level, logger and message in the masked text of a record. */
export function parseText(masked: string): Parsed {
  const text = masked.trimStart();
  const format = formatHead(text);
  if (format === undefined) return logfmt(text) ?? scanHeader(text, undefined, undefined, false);
  const rest = text.slice(format.length).trimStart();
  if (!format.open) return finish(rest, format.level, format.logger, true);
  const inner = logfmt(rest) ?? scanHeader(rest, undefined, undefined, true);
  return {
    level: inner.level === 'unknown' ? (format.fallback ?? 'unknown') : inner.level,
    ...loggerOf(inner.logger ?? format.logger),
    message: inner.message,
    headed: true,
  };
}

function logfmt(text: string): Parsed | undefined {
  const start = STAMP.exec(text)?.[0].length ?? 0;
  const pairs = parseLogfmt(text.slice(start).trimStart());
  if (pairs === undefined) return undefined;
  const { level, logger, message, status, isRequest } = pairs;
  const said = gravest(message, level === undefined ? undefined : levelOfWord(level));
  const ofStatus = (): Level => (status === undefined ? 'unknown' : levelOfStatus(status));
  return {
    level:
      said === undefined ? ofStatus() : status === undefined ? said : graverOfStatus(said, status, isRequest),
    ...loggerOf(logger),
    message,
    headed: true,
  };
}

/** A header while it is taken off the front of a text. */
interface Header {
  rest: string;
  level: Level | undefined;
  logger: string | undefined;
  stamped: boolean;
  boxes: number;
}

type Step = (header: Header) => boolean;

/** Takes header tokens off the front of the text until something is none; at most twelve. */
function scanHeader(
  text: string,
  level: Level | undefined,
  logger: string | undefined,
  stamped: boolean,
): Parsed {
  const header: Header = { rest: text, level, logger, stamped, boxes: 0 };
  takeNamed(header, BOX_BEFORE_STAMP);
  for (let step = 0; step < 12 && header.rest !== ''; step += 1) {
    if (takeStamp(header) || takeLevel(header)) continue;
    if (header.logger !== undefined && header.level !== undefined) {
      take(header, THREAD_BEHIND_LOGGER);
      break;
    }
    if (!STEPS.some((each) => each(header))) break;
  }
  return finish(
    header.rest.replace(/^[-:|] +/, ''),
    header.level,
    header.logger,
    header.stamped || header.level !== undefined,
  );
}

const takeStamp: Step = (header) => {
  if (!take(header, STAMP)) return false;
  header.stamped = true;
  return true;
};

const takeLevel: Step = (header) => {
  if (header.level !== undefined) return false;
  const { rest } = header;
  const boxed = BOXED_LEVEL.exec(rest);
  const word = boxed?.slice(1).find((group) => group !== undefined);
  if (boxed !== null && word !== undefined) {
    header.level = levelOfWord(word);
    skip(header, boxed[0].length);
    if (header.rest.startsWith(':')) skip(header, 1);
    return true;
  }
  const letter = BOXED_LETTER.exec(rest);
  if (letter !== null) {
    header.level = levelOfLetter(letter[1] ?? '');
    skip(header, letter[0].length);
    return true;
  }
  const bare = (isHeader(header) ? ANY_CASE_LEVEL : BARE_LEVEL).exec(rest)?.[0] ?? lowerCaseLevel(rest);
  if (bare === undefined || isOnlyAWord(bare, rest)) return false;
  header.level = levelOfWord(bare);
  skip(header, bare.length);
  if (/^[:\]|)/,-](?= |$)/.test(header.rest) || /^\|/.test(header.rest)) skip(header, 1);
  return true;
};

const STEPS: readonly Step[] = [
  (header) => isHeader(header) && take(header, DASHES),
  (header) =>
    isHeader(header) && (take(header, ROLE) || (header.level === undefined && take(header, BRACES))),
  (header) => {
    const { rest, stamped, level } = header;
    const id = isHeader(header) || rest.startsWith('[') ? take(header, PROCESS_ID) : false;
    const taken = id || (stamped && level === undefined && take(header, BARE_PROCESS_ID));
    if (taken) header.boxes += 1;
    return taken;
  },
  (header) => isHeader(header) && (takeNamed(header, CALLER) || takeNamed(header, BOX_BEFORE_LEVEL)),
  (header) => header.level !== undefined && (takeNamed(header, BUNYAN) || take(header, SPAN)),
  (header) => {
    const { rest, level, boxes } = header;
    const box = isHeader(header) && boxes < 4 ? (BOX.exec(rest) ?? PAREN.exec(rest)) : null;
    if (box === null || (level !== undefined && rest[0] !== '[')) return false;
    if (!mayBeHeaderBox(box[1] ?? '', rest, box[0].length)) return false;
    header.boxes += 1;
    const name = (box[1] ?? '').trim();
    if (!THREAD.test(name) && /^[A-Za-z_][\w$.:/@-]*$/.test(name)) header.logger ??= name;
    skip(header, box[0].length);
    return true;
  },
  (header) => {
    if (!isHeader(header) || header.logger !== undefined) return false;
    const named =
      MODULE_FUNCTION.exec(header.rest) ??
      CONTAINER.exec(header.rest) ??
      LOGGER.exec(header.rest) ??
      QUALIFIED.exec(header.rest);
    if (named === null || isException(named[1] ?? '')) return false;
    header.logger = named[1];
    skip(header, named[0].length);
    return true;
  },
];

function isHeader({ stamped, level, boxes }: Header): boolean {
  return stamped || level !== undefined || boxes > 0;
}

function take(header: Header, pattern: RegExp): boolean {
  const match = pattern.exec(header.rest);
  if (match === null) return false;
  skip(header, match[0].length);
  return true;
}

/** Takes what the pattern matches; its first group is the logger unless one is known. */
function takeNamed(header: Header, pattern: RegExp): boolean {
  const match = pattern.exec(header.rest);
  if (match === null) return false;
  header.logger ??= match[1];
  skip(header, match[0].length);
  return true;
}

function skip(header: Header, length: number): void {
  header.rest = header.rest.slice(length).trimStart();
}

/** A box behind the level is header only when a logger or another separator follows: `[main] c.e.App : text`. */
function mayBeHeaderBox(name: string, rest: string, length: number): boolean {
  const behind = rest.slice(length).trimStart();
  if (behind === '') return false;
  return name.length <= 60 && rest[length] !== '[' && rest[length] !== '=';
}

/** `error: …`, `info: …` at the very start. */
function lowerCaseLevel(rest: string): string | undefined {
  const word = ANY_CASE_LEVEL.exec(rest)?.[0];
  return word !== undefined && /^[:\]]/.test(rest.slice(word.length)) ? word : undefined;
}

/**
 * `Error: boom` names a JavaScript class, `panic: boom` the way a Go program ends: not only a level, they stay in the
 * message. `config loaded` is plain English.
 */
function isOnlyAWord(word: string, rest: string): boolean {
  if ((word === 'Error' && rest.startsWith('Error:')) || /^(?:panic|fatal): /.test(rest)) return true;
  return rest[word.length] === ' ' && word !== word.toUpperCase() && !WORDS_THAT_LEAD.test(word);
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
  const behind = headed && logger === undefined ? LOGGER_BEHIND.exec(message) : null;
  const said = behind === null ? message : message.slice(0, behind.index);
  return {
    level: gravest(said, level) ?? impliedLevel(said),
    ...loggerOf(logger ?? behind?.[1]),
    message: headed ? withoutPairs(said) : said,
    headed,
  };
}

function loggerOf(logger: string | undefined): { logger?: string } {
  return logger === undefined || logger === '' ? {} : { logger };
}
