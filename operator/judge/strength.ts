import type { Compared, Comparison } from './comparison.ts';
import { passesEffectGate } from './regressed-test.ts';

/** A rise smaller than this times stable's rate is not held against a canary. */
export const LEAST_SUSPICIOUS_RATIO = 1.5;
/** One occurrence alone is no suspicion. */
export const LEAST_SUSPICIOUS_OCCURRENCES = 2;
/** Listed for information where at most this share of the list is expected to be chance. */
export const DISPLAY_RATE = 0.1;

/** How strong a comparison speaks against the canary. */
export type Strength = 'regressed' | 'suspicious' | 'listed' | 'none';

/**
 * The strength of a comparison at the α of this look. Unevenness that chance may have made keeps from a regression, not from
 * a suspicion. What would be Regressed if occurrences came evenly is Suspicious
 * where they do not: too much to be passed over, and nothing that stable could not have had, too.
 */
export function strength(compared: Compared, { alpha, suspicionAlpha }: Comparison): Strength {
  const { stable, canary, adjusted, evenAdjusted, sureAdjusted, ratio, listed } = compared;
  const large = passesEffectGate(stable, canary);
  if (adjusted <= alpha && large && passesGateOverLookback(compared) && compared.noisyPod === undefined)
    return 'regressed';
  if (large && evenAdjusted <= alpha) return 'suspicious';
  const unlikely = adjusted <= suspicionAlpha || sureAdjusted <= alpha;
  if (unlikely && passesSuspicionGate(canary.count, ratio)) return 'suspicious';
  return listed <= DISPLAY_RATE && ratio >= LEAST_SUSPICIOUS_RATIO ? 'listed' : 'none';
}

/** Whether a rise is held to be chance only because occurrences come unevenly. */
export function isExcusedByBursts(compared: Compared, { alpha }: Comparison): boolean {
  return (
    passesEffectGate(compared.stable, compared.canary) &&
    compared.evenAdjusted <= alpha &&
    compared.adjusted > alpha
  );
}

/** Whether a rise is large enough to be worth a suspicion. */
export function passesSuspicionGate(canaryCount: number, ratio: number): boolean {
  return canaryCount >= LEAST_SUSPICIOUS_OCCURRENCES && ratio >= LEAST_SUSPICIOUS_RATIO;
}

/** Stable's occurrences outside the window count too, so that what burst on stable a moment earlier is no regression. */
function passesGateOverLookback({ stable, stableOutside, canary }: Compared): boolean {
  return passesEffectGate({ count: stable.count + stableOutside, exposure: stable.exposure }, canary);
}
