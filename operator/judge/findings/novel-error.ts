import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { strength } from '../strength.ts';
import { comparedFinding } from './compared-finding.ts';
import type { Draft } from './draft.ts';
import { severityOf } from './severity.ts';

/** Error templates that stable never logged: Regressed or Suspicious by the tests, else Info. */
export function novelErrors(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  return comparison.errors
    .filter(({ novel, canary }) => novel && canary.count > 0)
    .map((compared) =>
      comparedFinding('NovelError', severityOf(strength(compared, comparison)), compared, comparison, input),
    );
}
