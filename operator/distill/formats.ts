import type { Level } from '../model.ts';
import { LEVEL_NAMES, levelOfLetter, levelOfNumber, levelOfWord } from './levels.ts';

/** The head of a line in a format that is told by its whole shape. */
export interface FormatHead {
  readonly level: Level | undefined;
  readonly logger: string | undefined;
  /** Characters of the head. */
  readonly length: number;
  /** True when an application's own header may follow, as behind syslog's. */
  readonly open: boolean;
  /** A level that holds unless the application's own says otherwise. */
  readonly fallback?: Level;
}

interface Format {
  /** Groups `level`, `pri`, `logger` and `mark` have a meaning. Anchored, no nested quantifier, on at most 512 bytes of masked text. */
  readonly pattern: RegExp;
  /** An application's own header may follow. */
  readonly open?: boolean;
  /** Levels of the group `mark`. */
  readonly marks?: (mark: string) => Level | undefined;
}

const FORMATS: readonly Format[] = [
  // klog and glog: https://github.com/kubernetes/klog
  {
    pattern: /^(?<mark>[IWEF])(?:<num>|<ts>) (?:<ts> )?<num> (?<logger>[\w.\\/-]{1,120}):<num>\] ?/,
    marks: levelOfLetter,
  },
  // RFC 5424, with a version, host, app, process, message id and structured data.
  {
    pattern:
      /^<(?<pri>\d{1,3})><num> (?:<ts>|-) \S{1,255} (?<logger>\S{1,48}) \S{1,128} \S{1,32} (?:-|(?:\[(?:[^\]"]|"[^"]{0,200}")*\])+)(?: \ufeff?|$)/,
    open: true,
  },
  // RFC 3164, with and without its priority.
  {
    pattern:
      /^<(?<pri>\d{1,3})><ts> (?:(?!-)[\w.:<>-]{1,120} )?(?<logger>[A-Za-z_][\w./-]{0,47})(?:\[<num>\])?: /,
    open: true,
  },
  {
    pattern: /^<ts> [\w.:<>-]{1,120} (?<logger>(?:kernel(?=:)|[A-Za-z_][\w./-]{0,47}(?=\[)))(?:\[<num>\])?: /,
    open: true,
  },
  // systemd reads the priority of what a service writes (sd-daemon(3)).
  { pattern: /^<(?<pri>[0-7])> ?(?=[^\s<[])/, open: true },
  // The kernel's ring buffer.
  { pattern: /^<(?<pri>\d{1,3})>\[ ?<num>\] /, open: true },
  // logging.basicConfig of Python.
  { pattern: new RegExp(`^(?<level>${LEVEL_NAMES}):(?<logger>[\\w.]{1,120}):`) },
  // Celery.
  { pattern: new RegExp(`^\\[<ts>: (?<level>${LEVEL_NAMES})/(?<logger>[\\w<>-]{1,60})\\] `) },
  // Spring Boot.
  {
    pattern: new RegExp(
      `^(?:<ts> )?(?<level>${LEVEL_NAMES}) (?:\\[[^\\]]{0,120}\\] )?<num> --- (?:\\[[^\\]]{0,120}\\] ){1,3}(?<logger>[\\w.$/\\[\\]-]{1,120}) ?: `,
    ),
  },
  // logrus on a terminal.
  { pattern: /^(?<level>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[(?:<num>|<ts>)\] / },
  // capnslog of etcd.
  { pattern: /^<ts> (?<mark>[TDINWEC]) \| (?<logger>[\w/.-]{1,80}): /, marks: levelOfLetter },
  // Redis: https://redis.io/docs/latest/operate/oss_and_stack/management/
  {
    pattern: /^<num>:[XCSM] <ts> (?<mark>[.*#-]) /,
    marks: (mark) => (mark === '#' ? 'warn' : mark === '*' ? 'info' : 'debug'),
  },
  // Logger of Ruby.
  { pattern: /^(?<mark>[DIWEFA]), \[<ts> #<num>\] +\w+ -- (?<logger>[^:\s]{0,80}): /, marks: levelOfLetter },
  // Tornado and Jupyter: https://www.tornadoweb.org/en/stable/log.html
  {
    pattern: /^\[(?<mark>[DIWEC]) (?:<num> )?<ts>(?: (?<logger>[\w.-]{1,80})(?::<num>)?)?\] ?/,
    marks: levelOfLetter,
  },
  // Chromium and Electron.
  {
    pattern: new RegExp(
      `^\\[(?:<num>:){0,2}<num>/<num>:(?<level>${LEVEL_NAMES}):(?<logger>[\\w.]{1,80})(?:\\(<num>\\)|:<num>)\\] ?`,
    ),
  },
  // The reports of Erlang's logger, the message on lines of its own.
  { pattern: new RegExp(`^=(?<level>${LEVEL_NAMES}) REPORT==== [^=]{1,80} === ?`) },
  // Logger of Elixir with metadata.
  {
    pattern: new RegExp(
      `^<ts> (?:[a-z_.]{1,32}=\\S{1,80} ){1,8}\\[(?<level>${LEVEL_NAMES.toLowerCase()})\\] `,
    ),
  },
  // geth.
  { pattern: new RegExp(`^(?<level>${LEVEL_NAMES}) {0,2}\\[[^\\]|]{1,12}\\|<ts>\\] `) },
  // WebLogic.
  { pattern: new RegExp(`^####<<ts>[^<>]{0,12}> <(?<level>(?i:${LEVEL_NAMES}))> <(?<logger>[^<>]{1,80})> `) },
  // Monolog of PHP.
  { pattern: new RegExp(`^\\[<ts>\\] (?<logger>[\\w-]{1,60})\\.(?<level>${LEVEL_NAMES}): `) },
  // The console logger of .NET: category and event id; the message follows on a line of its own.
  {
    pattern:
      /^(?<level>trce|dbug|info|warn|fail|crit): (?<logger>[A-Za-z_][\w.+`<>-]{0,160})\[(?:<num>|\d{1,5})\] ?/,
  },
  // NestJS.
  { pattern: /^\[Nest\] <num> - <ts>,? /, open: true },
  // Commands of CI services.
  {
    pattern:
      /^(?:##\[(?<level>error|warning|debug|notice)\]|::(?<level2>error|warning|debug|notice)[^:]{0,200}:: ?)/,
  },
];

/** The head of a masked line in one of the formats known by their shape. */
export function formatHead(text: string): FormatHead | undefined {
  for (const format of FORMATS) {
    const match = format.pattern.exec(text);
    if (match === null) continue;
    const { level, level2, pri, mark, logger } = match.groups ?? {};
    // `2024-01-02 15:04:05 error: …` has a level where a program's name would stand.
    if (format.open === true && logger !== undefined && levelOfWord(logger) !== undefined) continue;
    const word = level ?? level2;
    const told =
      word === undefined ? (mark === undefined ? undefined : format.marks?.(mark)) : levelOfWord(word);
    return {
      level: told,
      logger: logger === undefined || logger === '' || logger === '-' ? undefined : logger,
      length: match[0].length,
      open: format.open === true,
      ...priority(pri),
    };
  }
  return undefined;
}

/** The severity is the priority modulo 8 (RFC 5424 §6.2.1). */
function priority(pri: string | undefined): { fallback?: Level } {
  const level = pri === undefined ? undefined : levelOfNumber(Number(pri) % 8);
  return level === undefined ? {} : { fallback: level };
}
