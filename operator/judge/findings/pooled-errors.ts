import { type Comparison, strength } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { comparedFinding } from './compared-finding.ts';
import type { Draft } from './draft.ts';
import { severityOf } from './severity.ts';

/** All error records together, which shows what is spread over too many templates to show in one. */
export function pooledErrors(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  const found = strength(comparison.pooledErrors, comparison);
  if (found === 'none' || comparison.errors.length < 2) return [];
  return [
    comparedFinding(
      'PooledErrors',
      severityOf(found),
      comparison.pooledErrors,
      comparison,
      input,
      'errors of all kinds',
    ),
  ];
}
