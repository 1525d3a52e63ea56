import { normalUpperQuantile, normalUpperTail } from './normal.ts';

/** Up to so many values of both samples together the distribution without ties is counted out. */
export const MOST_EXACT = 50;

/** Is canary larger? Two samples compared without supposing anything of their distribution. */
export interface Comparison {
  /** Pairs of which canary's value is the larger, ties one half. */
  readonly u: number;
  /** One-sided, of "canary's values are no larger". */
  readonly pValue: number;
}

/**
 * The test of Mann and Whitney (Ann. Math. Statist. 18, 1947), one-sided: exact where there are no ties and at most
 * {@link MOST_EXACT} values, else by the normal approximation with the variance corrected for ties and for continuity
 * (Lehmann, Nonparametrics, 1975, §1.3–1.5). Both samples in ascending order. 1 where a side is empty or all are equal.
 */
export function mannWhitney(stable: readonly number[], canary: readonly number[]): Comparison {
  const m = stable.length;
  const n = canary.length;
  if (m === 0 || n === 0) return { u: 0, pValue: 1 };
  const { u, tied } = pairsAbove(stable, canary);
  if (tied === 0 && m + n <= MOST_EXACT) return { u, pValue: exactUpperTail(u, m, n) };
  const deviation = standardDeviation(m, n, tied);
  return { u, pValue: deviation === 0 ? 1 : normalUpperTail((u - (m * n) / 2 - 0.5) / deviation) };
}

/**
 * Between which ranks of all pairwise differences, from 1, the shift lies: the k-th smallest is a lower confidence bound
 * for it at this one-sided level (Lehmann, 1975, §2.5). 0 where no difference bounds it.
 */
export function lowerBoundRank(stable: readonly number[], canary: readonly number[], alpha: number): number {
  const m = stable.length;
  const n = canary.length;
  const { tied } = pairsAbove(stable, canary);
  if (tied === 0 && m + n <= MOST_EXACT) {
    let rank = 0;
    let below = 0;
    for (const share of nullDistribution(m, n)) {
      below += share;
      if (below > alpha) break;
      rank += 1;
    }
    return rank;
  }
  const deviation = standardDeviation(m, n, tied);
  return Math.max(0, Math.floor((m * n) / 2 - normalUpperQuantile(alpha) * deviation));
}

/** By merging two ordered samples; `tied` is Σ(t³ − t) over groups of t equal values. */
function pairsAbove(stable: readonly number[], canary: readonly number[]): { u: number; tied: number } {
  let u = 0;
  let tied = 0;
  let i = 0;
  let j = 0;
  while (i < stable.length || j < canary.length) {
    const value = Math.min(stable[i] ?? Number.POSITIVE_INFINITY, canary[j] ?? Number.POSITIVE_INFINITY);
    const before = i;
    const from = j;
    while (i < stable.length && stable[i] === value) i++;
    while (j < canary.length && canary[j] === value) j++;
    const own = i - before;
    const other = j - from;
    u += other * (before + own / 2);
    tied += (own + other) ** 3 - (own + other);
    if (own + other === 0) break;
  }
  return { u, tied };
}

function standardDeviation(m: number, n: number, tied: number): number {
  const all = m + n;
  return Math.sqrt(Math.max(0, ((m * n) / 12) * (all + 1 - tied / (all * (all - 1)))));
}

function exactUpperTail(u: number, m: number, n: number): number {
  let tail = 0;
  for (const [i, share] of nullDistribution(m, n).entries()) if (i >= u) tail += share;
  return Math.min(1, tail);
}

/** P(U = 0), P(U = 1), …: the coefficients of the Gaussian binomial, Π (1 − x^(m+i)) / (1 − x^i), over their sum. */
function nullDistribution(m: number, n: number): readonly number[] {
  const counts = new Array<number>(m * n + 1).fill(0);
  counts[0] = 1;
  for (let i = 1; i <= n; i++) {
    for (let u = counts.length - 1; u >= m + i; u--) counts[u] = (counts[u] ?? 0) - (counts[u - m - i] ?? 0);
    for (let u = i; u < counts.length; u++) counts[u] = (counts[u] ?? 0) + (counts[u - i] ?? 0);
  }
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / all);
}
