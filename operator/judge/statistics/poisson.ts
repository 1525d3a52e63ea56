import { logGamma } from './log-gamma.ts';
import { upperTail } from './tail.ts';

/** P(X ≥ k) for X ~ Poisson(mean), mean ≥ 0. */
export function poissonUpperTail(k: number, mean: number): number {
  if (k <= 0) return 1;
  if (mean <= 0) return 0;
  return upperTail(
    k,
    { low: 0, high: Number.POSITIVE_INFINITY, mean },
    (i) => i * Math.log(mean) - mean - logGamma(i + 1),
    (i) => mean / (i + 1),
  );
}
