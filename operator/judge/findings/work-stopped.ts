import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { type Silence, silences } from '../rhythm.ts';
import type { Draft } from './draft.ts';
import { cut, number, quoted, shownTemplate, times } from './wording.ts';

/**
 * Canary pods that worked and stopped while stable went on: Suspicious. One finding for all of them, told by the pod and
 * the record, or by all ordinary records together, that chance explains least.
 */
export function workStopped(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  const found = silences(input, comparison);
  const told = mostTelling(found);
  if (told === undefined) return [];
  const { template, pod, count, silentMs, pValue } = told;
  const pods = new Set(found.map((one) => one.pod)).size;
  const all = input.evidence.canary.pods.length;
  const what = template === undefined ? 'ordinary records' : quoted(template.text);
  const more = pods === 1 ? '' : `, so ${number(pods)} pods in all`;
  return [
    {
      kind: 'WorkStopped',
      severity: 'Suspicious',
      message: cut(
        `canary pod ${pod}${all === 1 ? '' : `, one of ${number(all)},`} stopped: it logged ${what} ${times(count)} and none in the last ${number(Math.round(silentMs / 1000))} s${more}; stable goes on`,
      ),
      ...(template === undefined ? {} : { templateId: template.id, template: shownTemplate(template.text) }),
      stableCount: template?.stable.count ?? comparison.exposure.ordinaryLines.stable,
      canaryCount: count,
      canaryPods: pods,
      pValueMillionths: Math.round(pValue * 1e6),
      samples: (template?.canary.samples ?? []).slice(0, 3).map((sample) => cut(sample, 512)),
    },
  ];
}

/** A pod that is silent altogether before one that lacks a record; then the least p-value, then the longer silence. */
function mostTelling(found: readonly Silence[]): Silence | undefined {
  const isPart = ({ template }: Silence) => Number(template !== undefined);
  return [...found].sort(
    (a, b) =>
      isPart(a) - isPart(b) || a.pValue - b.pValue || b.silentMs - a.silentMs || (a.pod < b.pod ? -1 : 1),
  )[0];
}
