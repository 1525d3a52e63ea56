import type { Reason } from '../../crds/reasons.ts';
import type { Decision } from '../model.ts';

/** The reasons of verdicts that no evidence led to: nothing is reported and nobody is asked. */
export const CLOSED: ReadonlySet<string> = new Set<Reason>([
  'Cancelled',
  'AnalysisRunEnded',
  'Replaced',
  'Superseded',
]);

/** The verdict of an analysis that ends undecided. */
export function closing(reason: Reason, message: string): Decision {
  return { verdict: 'Inconclusive', reason, message, confidence: 0 };
}
