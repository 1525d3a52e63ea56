import type { NumericField, NumericSample, Side } from '../model.ts';
import { MAX_KEPT, type Reading, ReadingSample } from './readings.ts';

/** Fields handed on. */
const MAX_FIELDS = 32;
/** Fields of both sides together with the logs they are in, while counting. */
const MAX_SAMPLES = 2_048;

/** The values of one field in the records of one template, by log. */
interface FieldSamples {
  readonly unit: 'ms' | undefined;
  readonly name: string;
  readonly logs: Record<Side, Map<number, { readonly pod: string; readonly sample: ReadingSample }>>;
}

/** The fields of the records of one template by name, those in milliseconds apart from the others. */
export interface TemplateNumbers {
  readonly times: Map<string, FieldSamples>;
  readonly others: Map<string, FieldSamples>;
}

/** A log, as far as its numbers go: a number of its own, its side and pod. */
export interface NumberedLog {
  readonly index: number;
  readonly side: Side;
  readonly pod: string;
}

/** Gathers the readings of an analysis within a fixed amount of memory. */
export class Numbers {
  #samples = 0;

  /** Adds the readings of one record to the fields of its template. */
  add(fields: TemplateNumbers, readings: readonly Reading[], log: NumberedLog): void {
    for (const { name, unit, value } of readings) {
      const known = unit === undefined ? fields.others : fields.times;
      let field = known.get(name);
      if (field === undefined) {
        field = { unit, name, logs: { stable: new Map(), canary: new Map() } };
        known.set(name, field);
      }
      let entry = field.logs[log.side].get(log.index);
      if (entry === undefined) {
        if (this.#samples >= MAX_SAMPLES) continue;
        this.#samples += 1;
        entry = { pod: log.pod, sample: new ReadingSample() };
        field.logs[log.side].set(log.index, entry);
      }
      entry.sample.add(value);
    }
  }
}

/**
 * The fields of the templates, given with their ids: at most {@link MAX_FIELDS}, times first, then by the smaller side's
 * count. Running totals are left out, and so are fields that only one side has, unless that side alone has any.
 */
export function numericFields(templates: Iterable<readonly [string, TemplateNumbers]>): NumericField[] {
  const all: NumericField[] = [];
  for (const [templateId, fields] of templates) {
    for (const field of [...fields.times.values(), ...fields.others.values()]) {
      const { unit, name } = field;
      if (onlyGrows(field)) continue;
      all.push({
        name: name.startsWith('#') ? `${templateId}${name}` : name,
        ...(unit === undefined ? {} : { unit }),
        templateId,
        stable: sampleOf(field, 'stable'),
        canary: sampleOf(field, 'canary'),
      });
    }
  }
  const both = all.filter((field) => fewest(field) > 0);
  const one = all.some(({ stable }) => stable.count > 0) !== all.some(({ canary }) => canary.count > 0);
  return (one ? all : both).sort(byWorth).slice(0, MAX_FIELDS);
}

function byWorth(a: NumericField, b: NumericField): number {
  return (
    Number(b.unit === 'ms') - Number(a.unit === 'ms') ||
    fewest(b) - fewest(a) ||
    b.stable.count + b.canary.count - a.stable.count - a.canary.count ||
    (a.templateId < b.templateId ? -1 : a.templateId > b.templateId ? 1 : a.name < b.name ? -1 : 1)
  );
}

function fewest({ stable, canary }: NumericField): number {
  return Math.min(stable.count, canary.count);
}

/** True when at least one log shows a running total and none the contrary. */
function onlyGrows({ logs }: FieldSamples): boolean {
  const samples = [...logs.stable.values(), ...logs.canary.values()].map(({ sample }) => sample);
  return samples.some((sample) => sample.onlyGrows) && !samples.some((sample) => sample.falls);
}

/** Of each pod an equal share of {@link MAX_KEPT} values. */
function sampleOf({ logs }: FieldSamples, side: Side): NumericSample {
  const pods = new Map<string, ReadingSample[]>();
  let count = 0;
  for (const { pod, sample } of logs[side].values()) {
    count += sample.count;
    const known = pods.get(pod);
    if (known === undefined) pods.set(pod, [sample]);
    else known.push(sample);
  }
  const most = Math.max(1, Math.floor(MAX_KEPT / Math.max(1, pods.size)));
  const values = [...pods]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([pod, samples]): [string, number[]] => [pod, ReadingSample.merge(samples, most)]);
  return { count, values: Object.fromEntries(values) };
}
