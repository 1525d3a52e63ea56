import { lowerBoundRank } from './mann-whitney.ts';

/** How much larger canary's values are. */
export interface Shift {
  /** The median of all pairwise differences. */
  readonly estimate: number;
  /** The shift is at least this with the confidence asked for; −∞ where the samples are too small to tell. */
  readonly atLeast: number;
}

/**
 * The shift from stable to canary by Hodges and Lehmann (Ann. Math. Statist. 34, 1963) with its lower confidence bound at
 * the one-sided level `alpha`. Both samples in ascending order and not empty. The differences are counted, not made.
 */
export function hodgesLehmann(stable: readonly number[], canary: readonly number[], alpha: number): Shift {
  const pairs = stable.length * canary.length;
  const rank = lowerBoundRank(stable, canary, alpha);
  return {
    estimate: difference(stable, canary, Math.ceil(pairs / 2)),
    atLeast: rank === 0 ? Number.NEGATIVE_INFINITY : difference(stable, canary, rank),
  };
}

/** The k-th smallest of all canary − stable, by bisection on its value: the least d with at least k differences ≤ d. */
function difference(stable: readonly number[], canary: readonly number[], k: number): number {
  let low = (canary[0] ?? 0) - (stable.at(-1) ?? 0);
  let high = (canary.at(-1) ?? 0) - (stable[0] ?? 0);
  const enough = (d: number) => notAbove(stable, canary, d) >= k;
  if (enough(low)) return low;
  for (let i = 0; i < 100 && high - low > Number.EPSILON * Math.max(Math.abs(low), Math.abs(high)); i++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** How many differences are at most d. */
function notAbove(stable: readonly number[], canary: readonly number[], d: number): number {
  let count = 0;
  let first = 0;
  for (const value of canary) {
    while (first < stable.length && value - (stable[first] ?? 0) > d) first++;
    count += stable.length - first;
  }
  return count;
}
