import type { Severity } from '../../../crds/v1alpha1/status.ts';
import type { Template } from '../../model.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { cut, inPods, quoted, showing, shownTemplate, stableNever, times } from './wording.ts';

/** The finding that the canary logged a template which stable never did. `claim` begins its sentence. */
export function templateFinding(
  kind: string,
  severity: Severity,
  template: Template,
  input: JudgeInput,
  claim: string,
): Draft {
  const { count, pods, samples } = template.canary;
  const shown = showing(pods);
  return {
    kind,
    severity,
    message: cut(
      `${claim} ${quoted(template.text)} ${times(count)} ${inPods(shown, input)}; ${stableNever(input)}`,
    ),
    templateId: template.id,
    template: shownTemplate(template.text),
    stableCount: 0,
    canaryCount: count,
    canaryPods: shown,
    samples: samples.slice(0, 3).map((sample) => cut(sample, 512)),
  };
}
