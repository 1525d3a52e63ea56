import type { Distilled, Template } from '../model.ts';
import { countsByPod } from './counts.ts';
import type { Exposure } from './exposure.ts';
import { dispersion } from './statistics/dispersion.ts';

/** A log is cut into at least this many pieces, however much longer than canary's it is. */
export const LEAST_PIECES = 8;

/**
 * How many times more stable's occurrences of these templates vary than independent ones would, 1 or more: the larger
 * of the dispersion between its pods, relative to the exposure of each, and of that over time.
 */
export function unevenness(templates: readonly Template[], exposure: Exposure, distilled: Distilled): number {
  const counts = countsByPod(templates, 'stable');
  const pods = Object.entries(exposure.pods.stable).map(([pod, share]) => ({
    count: counts[pod] ?? 0,
    exposure: share,
  }));
  return Math.max(dispersion(pods), dispersion(pieces(templates, distilled)));
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
