import type { Masker } from './masker.ts';
import { type MeasureName, measureOf } from './measure-name.ts';
import type { Reading } from './readings.ts';

/** A number in the masked text of a record that is worth comparing. */
export interface TextMeasure {
  /** Where its placeholder begins, in bytes. */
  readonly at: number;
  readonly name: MeasureName;
}

/** Measures of one record. */
const MAX_MEASURES = 8;
/** Characters before a placeholder that are looked at. */
const BEFORE = 48;
const PLACEHOLDER = /<(ts|uuid|ip|hex|num|dur|size|id|pod|email|bin)>/g;
const NAMED = /(?:^|[ ,;([{|"'])([A-Za-z][\w.-]{0,38})["']?(?:=|: ?)["'(]?$/;
/** A duration behind one of these is a setting or a plan, not something that was measured. */
const PLANNED =
  /\b(?:time(?:d )?-?out|retry|retrying|retries|interval|every|within|back-?off|sleep|sleeping|delay(?:ed)? (?:of|for|by)|expires?|expiry|ttl|uptime|up for|max(?:imum)?|min(?:imum)?|limit|deadline|poll(?:ing)?|keep-?alive|period|schedule[ds]?|next|wait(?:ing)? (?:for )?(?:up to|at most|another)|last|past|older than|for at least|at least|at most|up to|less than|more than|threshold|window|age)\b[^<]*$/i;

/**
 * The measures in a masked text (Latin-1, so that characters are bytes): durations with a unit, `took <dur>`, unless the
 * words before them speak of a setting; and numbers behind the name of a measure, `bytes=<num>`.
 */
export function textMeasures(masked: string): readonly TextMeasure[] {
  const found: TextMeasure[] = [];
  let place = 0;
  for (const match of masked.matchAll(PLACEHOLDER)) {
    place += 1;
    const kind = match[1];
    if (kind !== 'dur' && kind !== 'num' && kind !== 'size') continue;
    const name = nameOf(masked.slice(Math.max(0, match.index - BEFORE), match.index), kind, place);
    if (name !== undefined) found.push({ at: match.index, name });
    if (found.length >= MAX_MEASURES) break;
  }
  return found;
}

/** The values of a shape's measures in the line that the masker has just masked. */
export function readMeasures(masker: Masker, measures: readonly TextMeasure[]): Reading[] | undefined {
  let readings: Reading[] | undefined;
  for (const { at, name } of measures) {
    const value = masker.numberAt(at) * name.factor;
    if (!Number.isFinite(value)) continue;
    readings ??= [];
    readings.push({ name: name.name, unit: name.unit, value });
  }
  return readings;
}

function nameOf(before: string, kind: 'dur' | 'num' | 'size', place: number): MeasureName | undefined {
  const key = NAMED.exec(before)?.[1];
  if (key !== undefined) {
    const measure = measureOf(key);
    if (kind === 'dur' && measure !== undefined) return { name: key, unit: 'ms', factor: 1 };
    if (measure?.msPerUnit !== undefined && kind === 'num')
      return { name: key, unit: 'ms', factor: measure.msPerUnit };
    if (measure !== undefined) return { name: key, unit: undefined, factor: 1 };
    if (/=["'(]?$/.test(before)) return undefined;
  }
  if (kind !== 'dur' || PLANNED.test(before)) return undefined;
  return { name: `#${place}`, unit: 'ms', factor: 1 };
}
