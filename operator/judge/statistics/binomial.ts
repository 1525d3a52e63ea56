import { logChoose } from './log-gamma.ts';
import { upperTail } from './tail.ts';

/** P(X ≥ k) for X ~ Binomial(n, p), 0 ≤ p ≤ 1. */
export function binomialUpperTail(k: number, n: number, p: number): number {
  if (k <= 0 || p >= 1) return k <= n ? 1 : 0;
  if (p <= 0) return 0;
  const odds = p / (1 - p);
  return upperTail(
    k,
    { low: 0, high: n, mean: n * p },
    (i) => logChoose(n, i) + i * Math.log(p) + (n - i) * Math.log1p(-p),
    (i) => ((n - i) / (i + 1)) * odds,
  );
}
