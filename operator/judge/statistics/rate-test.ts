import { binomialUpperTail } from './binomial.ts';
import { hypergeometricUpperTail } from './hypergeometric.ts';

/** Occurrences on one side and what they are relative to. */
export interface Rate {
  readonly count: number;
  readonly exposure: number;
}

/** What exposures are measured in: counted lines vary by chance like the occurrences do, pod-seconds do not. */
export type ExposureUnit = 'lines' | 'podSeconds';

/**
 * One-sided p-value of "canary's rate is no higher than stable's", given how many occurrences both have together.
 * Pod-seconds: the conditional binomial test of two Poisson rates (Przyborowski and Wilenski, Biometrika 31, 1940):
 * of n = s + c occurrences the canary's are Binomial(n, Ec / (Es + Ec)).
 * Lines: exposure is itself a count, so Fisher's exact test on the table of occurrences and exposure lines;
 * it comes to the same where occurrences are rare and stays exact where they are not.
 * 1 where the canary has no occurrence, or where a side has no pod-second to relate them to.
 */
export function rateTest(stable: Rate, canary: Rate, unit: ExposureUnit): number {
  if (canary.count === 0) return 1;
  const occurrences = stable.count + canary.count;
  if (unit === 'podSeconds') {
    if (canary.exposure <= 0 || stable.exposure <= 0) return 1;
    const share = canary.exposure / (stable.exposure + canary.exposure);
    return binomialUpperTail(canary.count, occurrences, share);
  }
  const canaryLines = canary.count + canary.exposure;
  return hypergeometricUpperTail(
    canary.count,
    occurrences + stable.exposure + canary.exposure,
    canaryLines,
    occurrences,
  );
}

/** Canary's rate over stable's; 0 where the canary has no occurrence, infinite where stable has none or the canary no exposure. */
export function rateRatio(stable: Rate, canary: Rate): number {
  if (canary.count === 0) return 0;
  if (stable.count === 0 || canary.exposure <= 0) return Number.POSITIVE_INFINITY;
  return (canary.count * stable.exposure) / (canary.exposure * stable.count);
}

/**
 * {@link rateTest} for occurrences that come `spread` times as unevenly as independent ones would: both counts divided
 * by it, stable's rounded up and canary's down (quasi-Poisson; McCullagh and Nelder, 1989, §4.5). `apart` of the canary's
 * are known to be independent of each other, and count whole.
 */
export function dispersedRateTest(
  stable: Rate,
  canary: Rate,
  unit: ExposureUnit,
  spread: number,
  apart = 0,
): number {
  const independent = Math.min(canary.count, Math.max(apart, Math.floor(canary.count / spread)));
  return rateTest(
    { ...stable, count: Math.ceil(stable.count / spread) },
    { ...canary, count: independent },
    unit,
  );
}
