import type { Reason } from '../../crds/reasons.ts';

/** Why a measurement ends without a verdict: a reason of the catalogue, and a sentence that says what to do. */
export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
}
