import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { strength } from '../strength.ts';
import { comparedFinding } from './compared-finding.ts';
import type { Draft } from './draft.ts';
import { severityOf } from './severity.ts';
import { samplesOf } from './wording.ts';

/** All error records together, which shows what is spread over too many templates to show in one. */
export function pooledErrors(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  const found = strength(comparison.pooledErrors, comparison);
  if (found === 'none' || isOneTemplates(comparison)) return [];
  const draft = comparedFinding(
    'PooledErrors',
    severityOf(found),
    comparison.pooledErrors,
    comparison,
    input,
    'errors of all kinds',
  );
  const byCount = comparison.errors.toSorted((a, b) => b.canary.count - a.canary.count);
  return [{ ...draft, samples: samplesOf(byCount.flatMap(({ template }) => template ?? [])) }];
}

/** Where one template is all there is, its own finding says it, unless it has none because it is only reworded. */
function isOneTemplates({ errors, vocabularyChanged }: Comparison): boolean {
  return errors.length < 2 && !vocabularyChanged;
}
