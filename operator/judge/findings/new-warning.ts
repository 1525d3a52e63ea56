import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { LEAST_OCCURRENCES } from '../regressed-test.ts';
import { strength } from '../strength.ts';
import { comparedFinding } from './compared-finding.ts';
import type { Draft } from './draft.ts';

/**
 * Warnings that stable never logged. Suspicious where the canary also warns more often than stable altogether:
 * a warning that was merely reworded is none. Else Info.
 */
export function newWarnings(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  const warnsMore = isStrong(strength(comparison.pooledWarnings, comparison));
  return comparison.warnings
    .filter(({ novel, canary }) => novel && canary.count > 0)
    .map((compared) => {
      const suspicious =
        warnsMore && compared.canary.count >= LEAST_OCCURRENCES && isStrong(strength(compared, comparison));
      return comparedFinding('NewWarning', suspicious ? 'Suspicious' : 'Info', compared, comparison, input);
    });
}

function isStrong(found: ReturnType<typeof strength>): boolean {
  return found === 'regressed' || found === 'suspicious';
}
