import type { Level, Side, Template } from '../model.ts';
import { steadyCount } from './counts.ts';
import { type Exposure, LEAST_LINES } from './exposure.ts';
import { isOrdinary } from './levels.ts';
import { rewordings } from './vocabulary.ts';

/** A record counts as work of stable's kind up to this many times its share of stable's ordinary lines. */
export const MOST_OVER_ITS_SHARE = 2;
/** Stable's levels can be read where this part of its lines, or more, carries one, … */
export const LEAST_MARKED_PART = 0.5;
/** … and the canary's are lost where less than this part of that part does. */
export const LOST_PART = 0.1;

/** What the canary showed of the work that stable does. */
export interface WorkMix {
  /** Ordinary canary lines that are comparable. */
  readonly seen: number;
  /** As many of them as are in stable's mix of work. */
  readonly comparable: number;
  /** The ordinary record that the canary logs most of all, where it is too much of what it logs. */
  readonly excess?: Template;
  /** True where stable's records have levels and the canary's have none that can be read. */
  readonly levelsLost: boolean;
  /** The part of the lines that carries no level, on the side that has fewer of them; 0–1. */
  readonly unmarked: number;
}

/**
 * How much of stable's work the canary did: the largest number of lines m of which none stands for more than
 * {@link MOST_OVER_ITS_SHARE} times its share on stable, Σ min(c, 2·q·m) ≥ m with the canary's counts c and stable's
 * shares q. So at least half of stable's mix has to be there, and what the canary logs besides, such as the requests of
 * probes, adds nothing. A record in other words counts for the one it took the place of, unless its level was lost.
 */
export function workMix(templates: readonly Template[], exposure: Exposure): WorkMix {
  const ordinary = templates.filter(isOrdinary);
  const seen = exposure.unit === 'lines' ? exposure.canary : exposure.ordinaryLines.canary;
  const all = exposure.ordinaryLines.stable;
  const marked = { stable: markedPart(templates, 'stable'), canary: markedPart(templates, 'canary') };
  const levels = {
    levelsLost: marked.stable >= LEAST_MARKED_PART && marked.canary < LOST_PART * marked.stable,
    unmarked: 1 - Math.max(marked.stable, marked.canary),
  };
  if (all < LEAST_LINES || seen === 0) return { seen, comparable: seen, ...levels };
  const inOtherWords = new Map([...rewordings(ordinary)].map(([to, from]) => [from, to]));
  const kinds = ordinary.flatMap((template) => {
    const stable = steadyCount(template, 'stable');
    if (stable === 0) return [];
    const other = inOtherWords.get(template);
    const kept = other === undefined || isLevelLost(template.level, other.level) ? template : other;
    return [{ share: stable / all, count: steadyCount(kept, 'canary') }];
  });
  const comparable = linesInMix(kinds, seen);
  const most = mostOf(ordinary);
  return {
    seen,
    comparable,
    ...(comparable < seen && most !== undefined ? { excess: most } : {}),
    ...levels,
  };
}

interface KindOfWork {
  /** Of stable's ordinary lines. */
  readonly share: number;
  /** On the canary. */
  readonly count: number;
}

/** The sum is concave in m and 0 at 0, so it stays above m up to one point. */
function linesInMix(kinds: readonly KindOfWork[], seen: number): number {
  const isInMix = (m: number) =>
    kinds.reduce((sum, { share, count }) => sum + Math.min(count, MOST_OVER_ITS_SHARE * share * m), 0) >=
    m * (1 - 1e-9);
  if (isInMix(seen)) return seen;
  let low = 0;
  let high = seen;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isInMix(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function isLevelLost(before: Level, after: Level): boolean {
  return before !== 'unknown' && after === 'unknown';
}

/** The part of a side's lines after start-up that carries a level; 1 where it has none. */
function markedPart(templates: readonly Template[], side: Side): number {
  let all = 0;
  let marked = 0;
  for (const template of templates) {
    const count = steadyCount(template, side);
    all += count;
    if (template.level !== 'unknown') marked += count;
  }
  return all === 0 ? 1 : marked / all;
}

function mostOf(templates: readonly Template[]): Template | undefined {
  return templates.reduce<Template | undefined>(
    (most, one) =>
      steadyCount(one, 'canary') > (most === undefined ? 0 : steadyCount(most, 'canary')) ? one : most,
    undefined,
  );
}
