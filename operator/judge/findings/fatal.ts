import type { Comparison } from '../comparison.ts';
import { isAbsent } from '../counts.ts';
import type { JudgeInput } from '../input.ts';
import { isFatal, isPanic } from '../levels.ts';
import { isSameFailure } from '../same-failure.ts';
import type { Draft } from './draft.ts';
import { knowsStable } from './knows-stable.ts';
import { templateFinding } from './template-finding.ts';

/**
 * A panic or fatal record that stable never logged: one is enough. Like words make none known; only a panic with stable's
 * message at stable's place is, wherever it was called from. Where the vocabulary changed and stable has fatal records,
 * too, or nothing of stable could be read, nobody knows: Suspicious.
 */
export function fatals(input: JudgeInput, { vocabularyChanged }: Comparison): readonly Draft[] {
  const all = input.distilled.templates.filter(isFatal);
  const ofStable = all.filter((one) => !isAbsent(one, 'stable'));
  const panics = ofStable.filter(isPanic);
  const isKnown = knowsStable(input) && !(vocabularyChanged && ofStable.length > 0);
  return all
    .filter((template) => isAbsent(template, 'stable') && template.canary.count > 0)
    .filter(
      (template) => !isPanic(template) || !panics.some(({ text }) => isSameFailure(text, template.text)),
    )
    .map((template) =>
      templateFinding('Fatal', isKnown ? 'Blocking' : 'Suspicious', template, input, 'canary panics with'),
    );
}
