import {
  type Distilled,
  type Instant,
  type Interval,
  type LastWords,
  type Level,
  type LogSink,
  type LogSource,
  type LogWriter,
  SIDES,
  type Side,
  type Template,
  type TemplateCount,
} from '../model.ts';
import { hideSecrets, KeyBlock, type Redactor, UNCHECKED } from '../redact/index.ts';
import { JsonLines, textShape } from './json-lines.ts';
import { isErrorLevel } from './levels.ts';
import { LogLines } from './log-lines.ts';
import { Masker } from './masker.ts';
import { Minutes } from './minutes.ts';
import { Numbers, numericFields } from './numbers.ts';
import { type LogRecord, MAX_RAW, RecordJoiner } from './record-joiner.ts';
import { Shapes } from './shapes.ts';
import {
  addSample,
  countIn,
  countsByPod,
  occurrencesOn,
  rhythmOf,
  type SideCount,
  type TemplateRecord,
  TemplateTable,
  wantsSample,
} from './template-table.ts';
import { readMeasures } from './text-measures.ts';

/** Characters of texts remembered with their secrets hidden before all are forgotten. */
const MAX_HIDDEN = 2_097_152;
/** Longest template text and sample, in characters. */
const MAX_TEXT = 512;

/** What a distiller needs to know. */
export interface DistillerOptions {
  /** What counts on each side; undefined counts everything. */
  readonly windows: Readonly<Record<Side, Interval | undefined>>;
  /** Applied to every text that leaves. */
  readonly redactor: Redactor;
  /** Templates kept; a quarter of them is reserved for warnings and errors, and graver ones displace others. 5,000 when unset. */
  readonly maxTemplates?: number;
  /** How long a container starts up, in milliseconds from its start. 60,000 when unset. */
  readonly startupMs?: number;
  /**
   * When the container behind a log started. Where that is not known no line counts as start-up: a log that was cut to a
   * window, or rotated, begins in the middle of a run.
   */
  readonly startedAt?: (source: LogSource) => Instant | undefined;
}

/** Turns log bytes into counted templates. */
export interface Distiller extends LogSink {
  /** What the logs said so far; logs that are not ended are left open. */
  result(): Distilled;
}

interface SourceState {
  readonly source: LogSource;
  readonly lines: LogLines;
  lastError: TemplateRecord | undefined;
}

/** Makes a {@link Distiller}. Memory is bounded by the number of templates, logs and shapes, not by the bytes of log. */
export function createDistiller(options: DistillerOptions): Distiller {
  const { windows, redactor, maxTemplates = 5_000, startupMs = 60_000 } = options;
  const shapes = new Shapes();
  const masker = new Masker();
  const json = new JsonLines(masker, shapes);
  const decoder = new TextDecoder();
  const sources: SourceState[] = [];
  const overflow: Record<Side, number> = { stable: 0, canary: 0 };
  const table = new TemplateTable(maxTemplates, (record) => {
    for (const side of SIDES) overflow[side] += occurrencesOn(record, side);
  });
  const span: Record<Side, Interval | undefined> = { stable: undefined, canary: undefined };
  const work: Record<Side, Minutes> = { stable: new Minutes(), canary: new Minutes() };

  const parse = (out: Uint8Array, n: number) => textShape(decoder, out, n);
  const numbers = new Numbers();

  const redactedBefore = redactor.count;
  const hidden = new Map<string, string>();
  let hiddenLength = 0;
  const lastRaw = new WeakMap<SideCount, string>();

  /** A masked text without what the masks left of secrets; looked for when the text is new. */
  const shown = (text: string, record: LogRecord): string => {
    const known = hidden.get(text);
    if (known !== undefined) return known;
    const raw = record.raw();
    const secrets = redactor.secretsIn(raw);
    const clean =
      secrets === undefined
        ? UNCHECKED
        : redactor.redactKinds(hideSecrets(text, raw, secrets)).slice(0, MAX_TEXT);
    hiddenLength += text.length + clean.length;
    if (hiddenLength > MAX_HIDDEN) {
      hidden.clear();
      hiddenLength = text.length + clean.length;
    }
    hidden.set(text, clean === text ? text : clean);
    return clean;
  };
  const sample = (counts: SideCount, raw: string): void => {
    if (lastRaw.get(counts) === raw) return;
    lastRaw.set(counts, raw);
    addSample(counts, redactor.quote(raw, MAX_TEXT, raw.length >= MAX_RAW));
  };

  const templateOf = (record: LogRecord): TemplateRecord | undefined => {
    const { head, trace, level } = record;
    if (trace === undefined && head.template?.displaced === false) return head.template;
    const message = head.kind === 'traceback' ? '' : head.message;
    const said = trace === undefined ? head.message : trace.join(message);
    // A header with nothing behind it stands for itself.
    const text = shown((said === '' ? decoder.decode(head.bytes).trim() : said).slice(0, MAX_TEXT), record);
    const template = table.find(level, head.logger, text);
    if (trace === undefined) head.template = template;
    return template;
  };

  const open = (source: LogSource): LogWriter => {
    const { side } = source;
    const log = { index: sources.length, side, pod: source.pod };
    const pod = new TextEncoder().encode(source.pod);
    const window = windows[side];
    const started = options.startedAt?.(source);

    const count = (record: LogRecord): void => {
      const { time } = record;
      const timed = !Number.isNaN(time);
      if (timed) {
        const seen = span[side];
        if (seen === undefined) span[side] = { from: time, to: time };
        else if (time < seen.from || time > seen.to) {
          span[side] = { from: Math.min(seen.from, time), to: Math.max(seen.to, time) };
        }
      }
      const template = templateOf(record);
      if (template === undefined) {
        overflow[side] += 1;
        return;
      }
      const counts = template.sides[side];
      const here = countIn(counts, log);
      if (timed) {
        counts.minutes.add(time);
        const second = Math.floor(time / 1000);
        if (second !== here.second) counts.activeSeconds += 1;
        here.second = second;
        if (!isSevere(record.level)) work[side].add(time);
      }
      if (timed && window !== undefined && (time < window.from || time > window.to)) counts.outside += 1;
      else {
        counts.count += 1;
        if (timed && started !== undefined && time - started < startupMs) counts.startup += 1;
        else if (record.readings !== undefined) numbers.add(template.numbers, record.readings, log);
        here.count += 1;
        if (timed) {
          counts.first = Math.min(counts.first ?? time, time);
          counts.last = Math.max(counts.last ?? time, time);
          if (!(time <= here.last)) {
            if (time - here.last > here.longestGap) here.longestGap = time - here.last;
            here.last = time;
          }
        }
      }
      if (isErrorLevel(record.level)) state.lastError = template;
      if (wantsSample(counts)) sample(counts, record.raw());
    };

    const keyBlock = new KeyBlock();
    const joiner = new RecordJoiner(count);
    const lines = new LogLines({
      line(src, from, to, time) {
        const raw = (): string => decoder.decode(src.subarray(from, Math.min(to, from + MAX_RAW)));
        const dashes = src[to - 1] === 0x2d && src[to - 5] === 0x2d;
        if (keyBlock.takes(dashes, raw)) return;
        masker.setPod(pod);
        if (src[from] === 0x7b) {
          const found = json.read(src, from, to);
          if (found !== undefined) {
            joiner.addWhole(found.shape, time, found.readings, found.trace, raw);
            return;
          }
        }
        const n = masker.mask(src, from, to);
        const shape = shapes.get(masker.out, n, parse);
        const { measures } = shape;
        joiner.add(shape, time, measures.length === 0 ? undefined : readMeasures(masker, measures), raw);
      },
      settle: () => joiner.settle(),
    });
    const state: SourceState = { source, lines, lastError: undefined };
    sources.push(state);
    return {
      write: (chunk) => lines.write(chunk),
      end() {
        lines.end();
        joiner.end();
      },
    };
  };

  return {
    open,
    result: () => {
      const ordered = [...table.records()].sort(byImportance);
      const ids = new Map(ordered.map((record, i) => [record, `T${i + 1}`]));
      const templates = ordered.map((record): Template => {
        return {
          id: ids.get(record) ?? '',
          text: record.text,
          level: record.level,
          ...(record.logger === undefined
            ? {}
            : { logger: redactor.redactKinds(record.logger).slice(0, 120) }),
          stable: publicCount(record, 'stable'),
          canary: publicCount(record, 'canary'),
        };
      });
      const lastWords = sources.map(({ source, lastError }): LastWords => {
        const id = lastError === undefined ? undefined : ids.get(lastError);
        return id === undefined ? { source } : { source, templateId: id };
      });
      const sum = (side: Side, of: 'lines' | 'bytes'): number =>
        sources.reduce((total, s) => total + (s.source.side === side ? s.lines[of] : 0), 0);
      return {
        templates,
        lines: { stable: sum('stable', 'lines'), canary: sum('canary', 'lines') },
        bytes: { stable: sum('stable', 'bytes'), canary: sum('canary', 'bytes') },
        work: { stable: work.stable.result() ?? {}, canary: work.canary.result() ?? {} },
        span: { stable: whole(span.stable), canary: whole(span.canary) },
        lastWords,
        redactions: redactor.count - redactedBefore,
        overflow: { ...overflow },
        numbers: numericFields(ordered.map((record) => [ids.get(record) ?? '', record.numbers])).map(
          (field) => ({ ...field, name: redactor.redactKinds(field.name).slice(0, 120) }),
        ),
      };
    },
  };
}

function byImportance(a: TemplateRecord, b: TemplateRecord): number {
  return (
    b.sides.canary.count - a.sides.canary.count ||
    b.sides.stable.count - a.sides.stable.count ||
    (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)
  );
}

/** Whole milliseconds: timestamps are read with their fractions. */
function whole(span: Interval | undefined): Interval | undefined {
  return span === undefined ? undefined : { from: Math.floor(span.from), to: Math.ceil(span.to) };
}

function isSevere(level: Level): boolean {
  return level === 'warn' || isErrorLevel(level);
}

function publicCount({ level, sides }: TemplateRecord, name: Side): TemplateCount {
  const side = sides[name];
  const minutes = side.minutes.result();
  return {
    count: side.count,
    startup: side.startup,
    outside: side.outside,
    pods: countsByPod(side),
    ...(minutes === undefined
      ? {}
      : { activeMinutes: Object.keys(minutes).length, activeSeconds: side.activeSeconds }),
    ...(minutes === undefined || !isSevere(level) ? {} : { minutes }),
    ...(isSevere(level) ? {} : rhythmOf(side)),
    ...(side.first === undefined ? {} : { first: Math.floor(side.first) }),
    ...(side.last === undefined ? {} : { last: Math.floor(side.last) }),
    samples: [...side.samples],
  };
}
