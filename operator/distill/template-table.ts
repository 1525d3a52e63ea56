import type { Instant, Level, Side } from '../model.ts';
import { Minutes } from './minutes.ts';
import type { TemplateNumbers } from './numbers.ts';

/** The share of the table that records below `warn` may fill: errors find room however chatty a log is. */
const ORDINARY_SHARE = 0.75;
/** Different records kept as samples of a template on a side. */
const MAX_SAMPLES = 3;
/** Occurrences among which different samples are looked for. */
const SAMPLE_ATTEMPTS = 64;

/** The occurrences of a template on one side, while counting. */
export interface SideCount {
  count: number;
  startup: number;
  outside: number;
  first: Instant | undefined;
  last: Instant | undefined;
  readonly pods: Map<string, number>;
  readonly minutes: Minutes;
  /** The second of the last occurrence that has a time, and how many different ones came one after the other. */
  second: number | undefined;
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
}

/** All templates of an analysis, at most `max`. */
export class TemplateTable {
  readonly #max: number;
  readonly #byKey = new Map<string, TemplateRecord>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The template with this identity; undefined when it is new and there is no room. */
  find(level: Level, logger: string | undefined, text: string): TemplateRecord | undefined {
    const key = `${level}\0${logger ?? ''}\0${text}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const room =
      level === 'warn' || level === 'error' || level === 'fatal' ? this.#max : this.#max * ORDINARY_SHARE;
    if (this.#byKey.size >= room) return undefined;
    const record = {
      level,
      logger,
      text,
      sides: { stable: emptyCount(), canary: emptyCount() },
      numbers: new Map(),
    };
    this.#byKey.set(key, record);
    return record;
  }

  records(): IterableIterator<TemplateRecord> {
    return this.#byKey.values();
  }
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
    pods: new Map(),
    minutes: new Minutes(),
    second: undefined,
    activeSeconds: 0,
    samples: [],
  };
}
