import type { Comparison } from '../comparison.ts';
import { isAbsent } from '../counts.ts';
import type { JudgeInput } from '../input.ts';
import { isFatal } from '../levels.ts';
import { rewordings } from '../vocabulary.ts';
import type { Draft } from './draft.ts';
import { knowsStable } from './knows-stable.ts';
import { templateFinding } from './template-finding.ts';

/**
 * A panic or fatal record that stable never logged: one is enough. What stable logs in like words is known. Where the
 * vocabulary changed and stable has fatal records, too, or nothing of stable could be read, nobody knows: Suspicious.
 */
export function fatals(input: JudgeInput, { vocabularyChanged }: Comparison): readonly Draft[] {
  const all = input.distilled.templates.filter(isFatal);
  const reworded = rewordings(all);
  const isKnown = knowsStable(input) && !(vocabularyChanged && all.some((one) => !isAbsent(one, 'stable')));
  return all
    .filter(
      (template) => isAbsent(template, 'stable') && template.canary.count > 0 && !reworded.has(template),
    )
    .map((template) =>
      templateFinding('Fatal', isKnown ? 'Blocking' : 'Suspicious', template, input, 'canary panics with'),
    );
}
