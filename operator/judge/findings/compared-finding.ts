import type { Severity } from '../../../crds/v1alpha1/status.ts';
import type { Compared, Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { isExcusedByBursts } from '../strength.ts';
import type { Draft } from './draft.ts';
import { againstStable, cut, inPods, number, quoted, showing, shownTemplate, times } from './wording.ts';

/** The finding about a comparison of rates: its sentence, its numbers and its quotes. `subject` stands for a pool of templates. */
export function comparedFinding(
  kind: string,
  severity: Severity,
  compared: Compared,
  comparison: Comparison,
  input: JudgeInput,
  subject = 'records',
): Draft {
  const { template, rewordedFrom, canary, stable, pods, noisyPod } = compared;
  const shown = showing(pods);
  const what =
    template === undefined
      ? `${subject} ${times(canary.count)}${compared === comparison.pooledErrors ? mostOften(comparison, canary.count) : ''}`
      : `${quoted(template.text)} ${times(canary.count)}`;
  const exception = noisyPod === undefined ? '' : `; nearly all of it in pod ${noisyPod}`;
  const burst = isExcusedByBursts(compared, comparison) ? '; they come in bursts, not one by one' : '';
  const message = `canary logs ${what} ${inPods(shown, input)}; ${againstStable(compared, comparison, input)}${exception}${burst}`;
  return {
    kind,
    severity,
    message: cut(message),
    ...(template === undefined
      ? {}
      : {
          templateId: template.id,
          template: shownTemplate(template.text),
          samples: template.canary.samples.slice(0, 3).map((sample) => cut(sample, 512)),
        }),
    stableCount: (rewordedFrom ?? template)?.stable.count ?? stable.count,
    canaryCount: canary.count,
    canaryPods: shown,
    pValueMillionths: Math.round(compared.pValue * 1e6),
  };
}

/** The template that most of the pooled errors are of, where that is more than half of them. */
function mostOften({ errors }: Comparison, all: number): string {
  const [most] = [...errors].sort((a, b) => b.canary.count - a.canary.count);
  if (most?.template === undefined || 2 * most.canary.count <= all) return '';
  return `, ${number(most.canary.count)} of them ${quoted(most.template.text)},`;
}
