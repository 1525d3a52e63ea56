import { leastChanceOfNothing } from '../statistics/calibration.ts';

/** No verdict is surer than this. */
export const SUREST = 99;

/** Of a fact that needs no statistics. */
export const OF_A_FACT = SUREST;

/** How sure it is, at even prior odds, that something is the matter although chance would give this adjusted p-value. */
export function ofRegression(adjustedPValue: number): number {
  return bounded(100 * (1 - leastChanceOfNothing(adjustedPValue)));
}

/**
 * How sure it is, at even prior odds, that nothing is the matter because a test of this power and α was silent:
 * P(fit | silent) = (1 − α) / ((1 − α) + (1 − power)).
 */
export function ofSilence(powerPercent: number, alpha: number): number {
  const missed = 1 - powerPercent / 100;
  return bounded((100 * (1 - alpha)) / (1 - alpha + missed));
}

function bounded(percent: number): number {
  return Math.max(0, Math.min(SUREST, Math.floor(percent)));
}
