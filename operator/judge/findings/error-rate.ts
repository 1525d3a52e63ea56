import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { strength } from '../strength.ts';
import { comparedFinding } from './compared-finding.ts';
import type { Draft } from './draft.ts';
import { severityOf } from './severity.ts';

/** Error templates that stable knows and the canary logs more often for the work it does. */
export function errorRates(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  return comparison.errors.flatMap((compared) => {
    const found = strength(compared, comparison);
    if (compared.novel || found === 'none') return [];
    return [comparedFinding('ErrorRate', severityOf(found), compared, comparison, input)];
  });
}
