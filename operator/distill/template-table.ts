import type { Instant, Level, Side } from '../model.ts';
import { Minutes } from './minutes.ts';
import type { TemplateNumbers } from './numbers.ts';

/** The share of the table that records below `warn` may fill: errors find room however chatty a log is. */
const ORDINARY_SHARE = 0.75;
/** Different records kept as samples of a template on a side. */
const MAX_SAMPLES = 3;
/** Templates that are looked for at a time when some have to go. */
const AT_ONCE = 64;
/** Occurrences among which different samples are looked for. */
const SAMPLE_ATTEMPTS = 64;

/** The occurrences of a template in one log, while counting. */
export interface LogCount {
  readonly pod: string;
  /** Inside the interval. */
  count: number;
  /** The second of the last occurrence that has a time, inside the interval or outside. */
  second: number;
  /** The latest inside the interval that has a time; NaN before there is one. */
  last: Instant;
  /** The longest time between two of these, in milliseconds. */
  longestGap: number;
}

/** The occurrences of a template on one side, while counting. */
export interface SideCount {
  count: number;
  startup: number;
  outside: number;
  first: Instant | undefined;
  last: Instant | undefined;
  /** By the number of the log. */
  readonly logs: Map<number, LogCount>;
  readonly minutes: Minutes;
  /** In how many seconds it occurred, those of each log apart: logs may be read at the same time. */
  activeSeconds: number;
  /** Not yet redacted. */
  readonly samples: string[];
}

/** A template while counting. */
export interface TemplateRecord {
  readonly level: Level;
  readonly logger: string | undefined;
  readonly text: string;
  readonly sides: Readonly<Record<Side, SideCount>>;
  readonly numbers: TemplateNumbers;
  /** True once it had to make room for a graver one: it counts no more. */
  displaced: boolean;
}

/**
 * All templates of an analysis, at most `max`. When they are that many a new one takes the place of a less grave one, the
 * rarest of the least grave, and what lost its place stays out: back without its counts it would look new. A place
 * is lost at most once for each severity, so all of that is bounded.
 */
export class TemplateTable {
  readonly #max: number;
  readonly #onDisplaced: (record: TemplateRecord) => void;
  readonly #byKey = new Map<string, TemplateRecord>();
  readonly #displaced = new Set<number>();
  /** Who goes next, last first: the rarest of the least grave when they were last looked for. */
  #next: TemplateRecord[] = [];

  /** `onDisplaced` is told each template that loses its place, with what it had counted. */
  constructor(max: number, onDisplaced: (record: TemplateRecord) => void) {
    this.#max = max;
    this.#onDisplaced = onDisplaced;
  }

  /** The template with this identity; undefined when it is not known and there is no room. */
  find(level: Level, logger: string | undefined, text: string): TemplateRecord | undefined {
    const key = keyOf(level, logger, text);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const room = gravity(level) > 0 ? this.#max : this.#max * ORDINARY_SHARE;
    if (this.#displaced.size > 0 && this.#displaced.has(hashOf(key))) return undefined;
    if (this.#byKey.size >= room && !this.#makeRoom(gravity(level))) return undefined;
    const record: TemplateRecord = {
      displaced: false,
      level,
      logger,
      text,
      sides: { stable: emptyCount(), canary: emptyCount() },
      numbers: { times: new Map(), others: new Map() },
    };
    this.#byKey.set(key, record);
    return record;
  }

  /** True when a template below this gravity gave up its place. */
  #makeRoom(least: number): boolean {
    if (least === 0) return false;
    if (this.#next.length === 0) this.#next = this.#rarestOfLeastGrave();
    const record = this.#next.at(-1);
    if (record === undefined || gravity(record.level) >= least) return false;
    this.#next.pop();
    const key = keyOf(record.level, record.logger, record.text);
    this.#byKey.delete(key);
    this.#displaced.add(hashOf(key));
    record.displaced = true;
    this.#onDisplaced(record);
    return true;
  }

  /** At most {@link AT_ONCE}, of one severity, the rarest last and of equals the one that came last. */
  #rarestOfLeastGrave(): TemplateRecord[] {
    const all = [...this.#byKey.values()];
    const least = all.reduce(
      (lowest, { level }) => Math.min(lowest, gravity(level)),
      Number.POSITIVE_INFINITY,
    );
    return all
      .filter(({ level }) => gravity(level) === least)
      .sort((a, b) => occurrences(b) - occurrences(a))
      .slice(-AT_ONCE);
  }

  records(): IterableIterator<TemplateRecord> {
    return this.#byKey.values();
  }
}

/** What a template counted in a log, made when it is first seen there. */
export function countIn(
  side: SideCount,
  { index, pod }: { readonly index: number; readonly pod: string },
): LogCount {
  let known = side.logs.get(index);
  if (known === undefined) {
    known = { pod, count: 0, second: Number.NaN, last: Number.NaN, longestGap: 0 };
    side.logs.set(index, known);
  }
  return known;
}

/** Occurrences inside the interval by pod, those with none left out. */
export function countsByPod({ logs }: SideCount): Readonly<Record<string, number>> {
  const pods: Record<string, number> = {};
  for (const { pod, count } of logs.values()) if (count > 0) pods[pod] = (pods[pod] ?? 0) + count;
  return pods;
}

/** When each pod logged it last inside the interval, whole milliseconds, and the longest time between two occurrences in one log; absent without times. */
export function rhythmOf({
  logs,
}: SideCount):
  | { readonly lasts: Readonly<Record<string, Instant>>; readonly longestGap: number }
  | undefined {
  const timed = [...logs.values()].filter(({ last }) => !Number.isNaN(last));
  if (timed.length === 0) return undefined;
  const lasts: Record<string, Instant> = {};
  for (const { pod, last } of timed) lasts[pod] = Math.max(lasts[pod] ?? 0, Math.floor(last));
  return { lasts, longestGap: Math.ceil(Math.max(...timed.map(({ longestGap }) => longestGap))) };
}

/** What a template counted on a side, inside its window and outside. */
export function occurrencesOn({ sides }: TemplateRecord, side: Side): number {
  return sides[side].count + sides[side].outside;
}

function occurrences(record: TemplateRecord): number {
  return occurrencesOn(record, 'stable') + occurrencesOn(record, 'canary');
}

/** Records below `warn` are equals: what tells no level may be anything. */
function gravity(level: Level): 0 | 1 | 2 | 3 {
  return level === 'fatal' ? 3 : level === 'error' ? 2 : level === 'warn' ? 1 : 0;
}

function keyOf(level: Level, logger: string | undefined, text: string): string {
  return `${level}\0${logger ?? ''}\0${text}`;
}

/** 52 bits: two of FNV-1a's kind. That two keys are equal in it costs a template its place, no more. */
function hashOf(key: string): number {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let k = 0; k < key.length; k += 1) {
    const c = key.charCodeAt(k);
    low = Math.imul(low ^ c, 0x01000193);
    high = Math.imul(high ^ c, 0x5bd1e995);
  }
  return (low >>> 0) + (high & 0xf_ffff) * 2 ** 32;
}

/** True while another sample could still be of use. */
export function wantsSample(side: SideCount): boolean {
  return side.samples.length < MAX_SAMPLES && side.count + side.outside <= SAMPLE_ATTEMPTS;
}

/** Keeps a record as a sample when it differs from those kept. */
export function addSample(side: SideCount, text: string): void {
  if (side.samples.length < MAX_SAMPLES && !side.samples.includes(text)) side.samples.push(text);
}

function emptyCount(): SideCount {
  return {
    count: 0,
    startup: 0,
    outside: 0,
    first: undefined,
    last: undefined,
    logs: new Map(),
    minutes: new Minutes(),
    activeSeconds: 0,
    samples: [],
  };
}
