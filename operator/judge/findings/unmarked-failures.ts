import type { Compared, Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { LEAST_OCCURRENCES } from '../regressed-test.ts';
import { strength } from '../strength.ts';
import { comparedFinding } from './compared-finding.ts';
import type { Draft } from './draft.ts';

/**
 * Records without a level that say in words that something failed, and that the canary logs more often than chance allows:
 * Suspicious, each record alone or all of them together. Words are no level, so that it is never Regressed.
 */
export function unmarkedFailures(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  const risen = comparison.failures.filter((one) => isRisen(one, comparison));
  const all = isRisen(comparison.pooledFailures, comparison) ? [comparison.pooledFailures] : [];
  return (risen.length > 0 ? risen : all).map((compared) =>
    comparedFinding(
      'UnmarkedFailure',
      'Suspicious',
      compared,
      comparison,
      input,
      'failures that carry no level',
    ),
  );
}

function isRisen(compared: Compared, comparison: Comparison): boolean {
  const found = strength(compared, comparison);
  return compared.canary.count >= LEAST_OCCURRENCES && (found === 'regressed' || found === 'suspicious');
}
