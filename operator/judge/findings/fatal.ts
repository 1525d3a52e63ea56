import type { Comparison } from '../comparison.ts';
import { isAbsent } from '../counts.ts';
import type { JudgeInput } from '../input.ts';
import { isFatal } from '../levels.ts';
import type { Draft } from './draft.ts';
import { knowsStable } from './knows-stable.ts';
import { templateFinding } from './template-finding.ts';

/** A panic or fatal record that stable never logged: one is enough. */
export function fatals(input: JudgeInput, _comparison: Comparison): readonly Draft[] {
  return input.distilled.templates
    .filter((template) => isFatal(template) && isAbsent(template, 'stable') && template.canary.count > 0)
    .map((template) =>
      templateFinding(
        'Fatal',
        knowsStable(input) ? 'Blocking' : 'Suspicious',
        template,
        input,
        'canary panics with',
      ),
    );
}
