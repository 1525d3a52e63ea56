import type { Level } from '../../../operator/model.ts';
import type { Fields, Kind } from './vocabulary.ts';

/** One record before it is written in a format. */
export interface LogEntry {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly kind: Kind;
  readonly fields: Fields;
}

/** How a program writes a record: one line, or several where a stack trace follows. */
export type Format = (entry: LogEntry, pod: string) => readonly string[];

const PINO: Readonly<Record<Level, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  unknown: 30,
};

function interpolated({ kind, fields }: LogEntry): string {
  return kind.text.replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name] ?? ''));
}

function javaTrace(exception: string | undefined): string[] {
  if (exception === undefined) return [];
  return [
    exception,
    '\tat com.acme.shop.OrderService.handle(OrderService.java:118)',
    '\tat com.acme.shop.OrderController.post(OrderController.java:57)',
    '\tat java.base/java.lang.reflect.Method.invoke(Method.java:580)',
    '\tat org.apache.catalina.core.StandardWrapperValve.invoke(StandardWrapperValve.java:167)',
  ];
}

function pythonTrace(exception: string | undefined): string[] {
  if (exception === undefined) return [];
  const [type = '', ...rest] = exception.split(': ');
  return [
    'Traceback (most recent call last):',
    '  File "/app/shop/handlers.py", line 118, in handle',
    '    return self.service.place(order)',
    '  File "/app/shop/service.py", line 57, in place',
    '    raise ValueError(order)',
    `shop.errors.${type.split('.').at(-1)}: ${rest.join(': ')}`,
  ];
}

const iso = (time: number): string => new Date(time).toISOString();
const local = (time: number, separator: string): string =>
  iso(time).slice(0, 23).replace('T', ' ').replace('.', separator);
const quoted = (value: string | number): string =>
  typeof value === 'number' || /^[\w.:/-]+$/.test(value) ? String(value) : JSON.stringify(value);

const pino: Format = (entry, pod) => [
  JSON.stringify({
    level: PINO[entry.kind.level],
    time: Math.round(entry.time),
    pid: 1,
    hostname: pod,
    name: entry.kind.logger,
    ...entry.fields,
    ...(entry.kind.exception === undefined
      ? {}
      : {
          err: {
            type: 'Error',
            message: entry.kind.exception,
            stack: javaTrace(entry.kind.exception).join('\n'),
          },
        }),
    msg: entry.kind.event,
  }),
];

const zap: Format = (entry) => [
  JSON.stringify({
    level: entry.kind.level,
    ts: entry.time / 1000,
    logger: entry.kind.logger,
    caller: 'shop/service.go:118',
    msg: entry.kind.event,
    ...entry.fields,
    ...(entry.kind.exception === undefined ? {} : { error: entry.kind.exception }),
  }),
];

const logstash: Format = (entry) => [
  JSON.stringify({
    '@timestamp': iso(entry.time),
    '@version': '1',
    message: interpolated(entry),
    logger_name: `com.acme.shop.${entry.kind.logger}`,
    thread_name: 'http-nio-8080-exec-1',
    level: entry.kind.level.toUpperCase(),
    ...(entry.kind.exception === undefined
      ? {}
      : { stack_trace: javaTrace(entry.kind.exception).join('\n') }),
  }),
];

const logback: Format = (entry) => [
  `${local(entry.time, '.')} ${entry.kind.level.toUpperCase().padStart(5)} 1 --- [nio-8080-exec-${1 + (Math.floor(entry.time) % 9)}] com.acme.shop.${entry.kind.logger} : ${interpolated(entry)}`,
  ...javaTrace(entry.kind.exception),
];

const logfmt: Format = (entry) => [
  [
    `time=${quoted(iso(entry.time))}`,
    `level=${entry.kind.level === 'warn' ? 'warning' : entry.kind.level}`,
    `msg=${quoted(entry.kind.event)}`,
    `component=${entry.kind.logger}`,
    ...Object.entries(entry.fields).map(([key, value]) => `${key}=${quoted(value)}`),
    ...(entry.kind.exception === undefined ? [] : [`error=${quoted(entry.kind.exception)}`]),
  ].join(' '),
];

const logrusJson: Format = (entry) => [
  JSON.stringify({
    component: entry.kind.logger,
    ...(entry.kind.exception === undefined ? {} : { error: entry.kind.exception }),
    ...entry.fields,
    level: entry.kind.level === 'warn' ? 'warning' : entry.kind.level,
    msg: entry.kind.event,
    time: iso(entry.time),
  }),
];

const klog: Format = (entry) => {
  const letter = { trace: 'I', debug: 'I', info: 'I', warn: 'W', error: 'E', fatal: 'F', unknown: 'I' }[
    entry.kind.level
  ];
  const at = iso(entry.time);
  const fields = Object.entries(entry.fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  const error = entry.kind.exception === undefined ? '' : ` err=${JSON.stringify(entry.kind.exception)}`;
  return [
    `${letter}${at.slice(5, 7)}${at.slice(8, 10)} ${at.slice(11, 23)}000       1 ${entry.kind.logger}.go:118] ${JSON.stringify(entry.kind.event)}${fields.join('')}${error}`,
  ];
};

const PYTHON: Readonly<Partial<Record<Level, string>>> = { warn: 'WARNING', fatal: 'CRITICAL' };

const python: Format = (entry) => [
  `${local(entry.time, ',')} - shop.${entry.kind.logger} - ${PYTHON[entry.kind.level] ?? entry.kind.level.toUpperCase()} - ${interpolated(entry)}`,
  ...pythonTrace(entry.kind.exception),
];

const pythonJson: Format = (entry) => [
  JSON.stringify({
    asctime: local(entry.time, ','),
    name: `shop.${entry.kind.logger}`,
    levelname: PYTHON[entry.kind.level] ?? entry.kind.level.toUpperCase(),
    message: interpolated(entry),
    ...(entry.kind.exception === undefined ? {} : { exc_info: pythonTrace(entry.kind.exception).join('\n') }),
  }),
];

const plain: Format = (entry) => [
  `[${iso(entry.time)}] ${entry.kind.level.toUpperCase()} ${interpolated(entry)}`,
  ...javaTrace(entry.kind.exception),
];

/** No level at all. */
const bare: Format = (entry) => [interpolated(entry)];

/** A level that nobody but its own tools can read. */
const coded: Format = (entry) => [
  JSON.stringify({ t: entry.time, k: entry.kind.level === 'error' ? 7 : 2, m: interpolated(entry) }),
];

const LETTER: Readonly<Record<Level, string>> = {
  trace: 'D',
  debug: 'D',
  info: 'I',
  warn: 'W',
  error: 'E',
  fatal: 'C',
  unknown: 'I',
};

const tornado: Format = (entry) => [
  `[${LETTER[entry.kind.level]} ${iso(entry.time).slice(2, 10).replaceAll('-', '')} ${iso(entry.time).slice(11, 19)} ${entry.kind.logger}:118] ${interpolated(entry)}`,
  ...pythonTrace(entry.kind.exception),
];

const boxedLetter: Format = (entry) => [
  `[${LETTER[entry.kind.level]}] ${interpolated(entry)}`,
  ...javaTrace(entry.kind.exception),
];

const LEVELNO: Readonly<Record<Level, number>> = {
  trace: 5,
  debug: 10,
  info: 20,
  warn: 30,
  error: 40,
  fatal: 50,
  unknown: 20,
};

const levelno: Format = (entry) => [
  JSON.stringify({
    levelno: LEVELNO[entry.kind.level],
    name: `shop.${entry.kind.logger}`,
    message: interpolated(entry),
    ...(entry.kind.exception === undefined ? {} : { exc_info: pythonTrace(entry.kind.exception).join('\n') }),
  }),
];

const SEVERITY: Readonly<Record<Level, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
  unknown: 9,
};

const otel: Format = (entry) => [
  JSON.stringify({
    timeUnixNano: `${Math.round(entry.time)}000000`,
    severityNumber: SEVERITY[entry.kind.level],
    scope: { name: entry.kind.logger },
    body: interpolated(entry),
    attributes: {
      ...entry.fields,
      ...(entry.kind.exception === undefined
        ? {}
        : { 'exception.stacktrace': javaTrace(entry.kind.exception).join('\n') }),
    },
  }),
];

/** The formats by name. */
export const FORMATS = {
  pino,
  zap,
  logstash,
  logback,
  logfmt,
  'logrus-json': logrusJson,
  klog,
  python,
  'python-json': pythonJson,
  tornado,
  'boxed-letter': boxedLetter,
  levelno,
  otel,
  plain,
  bare,
  coded,
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;

/** The formats in which levels can be read. */
export const FORMAT_NAMES = (Object.keys(FORMATS) as readonly FormatName[]).filter(
  (name) => name !== 'bare' && name !== 'coded',
);

/** What teams change: the same logger, another encoder. */
export const FORMAT_CHANGES: readonly (readonly [FormatName, FormatName])[] = [
  ['logback', 'logstash'],
  ['logfmt', 'logrus-json'],
  ['python', 'python-json'],
];
