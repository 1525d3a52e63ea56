import type { Assessed, Decision, EffectivePolicy, ReviewOutcome } from '../model.ts';

/**
 * The verdict for an assessment, what came of asking the reviewers, and the policy. Pure.
 * The citations of an opinion must have been checked.
 */
export function decide(assessed: Assessed, _review: ReviewOutcome, _policy: EffectivePolicy): Decision {
  return {
    verdict: 'Inconclusive',
    reason: 'InsufficientEvidence',
    message: assessed.message,
    confidence: assessed.confidence,
  };
}
