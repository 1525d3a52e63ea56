import { type Distilled, SIDES, type Side, type Template } from '../model.ts';
import { countsByPod } from './counts.ts';
import type { Exposure } from './exposure.ts';
import { dispersion, sureDispersion } from './statistics/dispersion.ts';

/** A log is cut into at least this many pieces, however much longer than canary's it is. */
export const LEAST_PIECES = 8;
/** Unevenness that even occurrences show with this chance excuses no suspicion. */
export const UNEVEN_BY_CHANCE = 0.001;
/** Fewer occurrences than this tell nothing of how many belong to one incident. */
export const LEAST_IN_INCIDENTS = 5;

/** How many times more the occurrences of some templates vary than independent ones would, 1 or more. */
export interface Unevenness {
  /** As far as it can be estimated: what a regression has to rise above. */
  readonly spread: number;
  /** As far as chance cannot have made it: what a suspicion has to rise above. */
  readonly sure: number;
}

/**
 * How uneven the occurrences of these templates come: the largest of the dispersion between stable's pods, relative to the
 * exposure of each, of that over time, and of what {@link incidents} on both sides make.
 */
export function unevenness(
  templates: readonly Template[],
  exposure: Exposure,
  distilled: Distilled,
): Unevenness {
  const samples = [ofPods(templates, exposure), pieces(templates, distilled)];
  const burst = ofIncidents(templates, exposure, distilled);
  return {
    spread: Math.max(burst, ...samples.map((parts) => dispersion(parts))),
    sure: Math.max(burst, ...samples.map((parts) => sureDispersion(parts, UNEVEN_BY_CHANCE))),
  };
}

/** The larger of both. */
export function moreUneven(a: Unevenness, b: Unevenness): Unevenness {
  return { spread: Math.max(a.spread, b.spread), sure: Math.max(a.sure, b.sure) };
}

function ofPods(templates: readonly Template[], exposure: Exposure) {
  const counts = countsByPod(templates, 'stable');
  return Object.entries(exposure.pods.stable).map(([pod, share]) => ({
    count: counts[pod] ?? 0,
    exposure: share,
  }));
}

/**
 * The dispersion of counts that come in incidents of several. With incidents at random and sizes as uneven as a geometric
 * distribution of mean m it is 2m − 1 (a compound Poisson count has E[S²] / E[S]). Both sides tell, for a canary no
 * worse than stable has the same incidents. 1 where fewer than {@link LEAST_IN_INCIDENTS} are timed.
 */
function ofIncidents(templates: readonly Template[], exposure: Exposure, distilled: Distilled): number {
  let occurrences = 0;
  let apart = 0;
  for (const template of templates) {
    for (const side of SIDES) {
      const own = incidentsOf(template, side, exposure, distilled);
      if (own === undefined) continue;
      occurrences += template[side].count + template[side].outside;
      apart += own;
    }
  }
  return occurrences < LEAST_IN_INCIDENTS ? 1 : Math.max(1, (2 * occurrences) / apart - 1);
}

/** The {@link incidents} of a template on one side, over the seconds in which each of its pods was heard; undefined where lines carry no time. */
export function incidentsOf(
  template: Template,
  side: Side,
  exposure: Exposure,
  distilled: Distilled,
): number | undefined {
  const { activeSeconds, count, outside } = template[side];
  if (activeSeconds === undefined) return undefined;
  const pods = Math.max(1, Object.values(exposure.pods[side]).filter((share) => share > 0).length);
  return incidents(count + outside, activeSeconds, pods * heardSeconds(side, distilled));
}

/** The minutes with work in seconds, or from the first line to the last where that is less: an observation of four seconds is no minute. */
function heardSeconds(side: Side, { work, span }: Distilled): number {
  const minutes = 60 * Object.keys(work?.[side] ?? {}).length;
  const whole = span[side];
  return whole === undefined
    ? minutes
    : Math.min(minutes, Math.floor(whole.to / 1000) - Math.floor(whole.from / 1000) + 1);
}

/**
 * How many times something happened that was logged `count` times in `active` of all `seconds`: at random, n incidents
 * leave a part e^(−n / seconds) of the seconds empty. Not more than the occurrences, nor fewer than the seconds with one.
 */
export function incidents(count: number, active: number, seconds: number): number {
  if (active >= seconds) return count;
  return Math.max(Math.min(count, active), Math.min(count, -seconds * Math.log1p(-active / seconds)));
}

/**
 * Stable's log cut into pieces of as much work as the canary did, each a sample of stable as large as the one of the
 * canary; into {@link LEAST_PIECES} where it is not that long. No piece is so small that less than one occurrence is
 * expected in it, where Pearson's statistic says nothing (Cochran, Biometrics 10, 1954). Start-up and what lies outside
 * the window count, for they tell as much of how bursts come. Empty where lines carry no time.
 */
export function pieces(
  templates: readonly Template[],
  { work }: Pick<Distilled, 'work'>,
): readonly { readonly count: number; readonly exposure: number }[] {
  const counts = new Map<number, number>();
  for (const { stable } of templates)
    for (const [minute, count] of Object.entries(stable.minutes ?? {}))
      counts.set(Number(minute), (counts.get(Number(minute)) ?? 0) + count);
  const done = new Map(Object.entries(work?.stable ?? {}).map(([minute, lines]) => [Number(minute), lines]));
  const occurrences = sum(counts.values());
  const all = sum(done.values());
  if (occurrences === 0 || all === 0) return [];
  const likeCanary = Math.floor(all / Math.max(1, sum(Object.values(work?.canary ?? {}))));
  const size = all / Math.min(occurrences, Math.max(LEAST_PIECES, likeCanary));
  const found: { count: number; exposure: number }[] = [];
  let piece = { count: 0, exposure: 0 };
  for (const minute of [...new Set([...counts.keys(), ...done.keys()])].sort((a, b) => a - b)) {
    piece.count += counts.get(minute) ?? 0;
    piece.exposure += done.get(minute) ?? 0;
    if (piece.exposure < size) continue;
    found.push(piece);
    piece = { count: 0, exposure: 0 };
  }
  const last = found.at(-1);
  if (last === undefined) return [];
  found[found.length - 1] = {
    count: last.count + piece.count,
    exposure: last.exposure + piece.exposure,
  };
  return found;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
