import { dispersedRateTest, type ExposureUnit, type Rate, rateRatio } from './statistics/rate-test.ts';

/** Occurrences below this move no verdict. */
export const LEAST_OCCURRENCES = 5;
/** How many times stable's rate the canary's must be to count as a regression. */
export const LEAST_RATIO = 3;
/** The chance, over all looks at one revision, that a canary no worse than stable is called regressed. */
export const TOTAL_ALPHA = 0.05;

/** Where no smaller number of occurrences passes, none is looked for. */
const MOST_OCCURRENCES = 2 ** 32;

/** The effect gate: enough occurrences, and a rate far enough above stable's. */
export function passesEffectGate(stable: Rate, canary: Rate): boolean {
  return canary.count >= LEAST_OCCURRENCES && rateRatio(stable, canary) >= LEAST_RATIO;
}

/** A test beside an effect gate, as {@link fewestThatPass} asks it. */
export interface GatedTest {
  readonly unit: ExposureUnit;
  readonly alpha: number;
  /** As in {@link dispersedRateTest}. */
  readonly spread: number;
  /** Must go on to pass once it passes, as the count grows. */
  readonly gate: (stable: Rate, canary: Rate) => boolean;
}

/** The fewest canary occurrences that pass test and gate beside these of stable; infinite where no number of them does. */
export function fewestThatPass(
  stable: Rate,
  canaryExposure: number,
  { unit, alpha, spread, gate }: GatedTest,
): number {
  const passes = (count: number) => {
    const canary = { count, exposure: canaryExposure };
    return gate(stable, canary) && dispersedRateTest(stable, canary, unit, spread) <= alpha;
  };
  let high = 1;
  while (!passes(high)) {
    high *= 2;
    if (high > MOST_OCCURRENCES) return Number.POSITIVE_INFINITY;
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return high;
}
