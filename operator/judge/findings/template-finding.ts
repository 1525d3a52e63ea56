import type { Severity } from '../../../crds/v1alpha1/status.ts';
import type { Template } from '../../model.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { cut, inPods, quoted, showing, shownTemplate, stableNever, times } from './wording.ts';

/** The finding that the canary logged a template. `claim` begins its sentence; `against` ends it, stable's silence when unset. */
export function templateFinding(
  kind: string,
  severity: Severity,
  template: Template,
  input: JudgeInput,
  claim: string,
  against = stableNever(input),
): Draft {
  const { count, pods, samples } = template.canary;
  const shown = showing(pods);
  return {
    kind,
    severity,
    message: cut(`${claim} ${quoted(template.text)} ${counted(template, input)}; ${against}`),
    templateId: template.id,
    template: shownTemplate(template.text),
    stableCount: template.stable.count,
    canaryCount: count,
    canaryPods: shown,
    samples: samples.slice(0, 3).map((sample) => cut(sample, 512)),
  };
}

/** How often and where; a container's last words may lie after the window. */
function counted({ canary: { count, outside, pods } }: Template, input: JudgeInput): string {
  return count === 0 && outside > 0
    ? `${times(outside)} outside the window`
    : `${times(count)} ${inPods(showing(pods), input)}`;
}
