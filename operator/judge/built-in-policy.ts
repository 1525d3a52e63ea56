import type { EffectivePolicy } from '../model.ts';

/** What holds where neither the spec nor the operator's configuration says otherwise. */
export const BUILT_IN_POLICY: EffectivePolicy = {
  onReviewerUnavailable: 'Inconclusive',
  onInsufficientEvidence: 'Inconclusive',
  onSuspicion: 'Inconclusive',
  onNoBaseline: 'Inconclusive',
  minConfidence: 50,
};
