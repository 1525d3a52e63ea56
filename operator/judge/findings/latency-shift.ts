import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { type Slower, slowerFields } from '../latency.ts';
import type { Draft } from './draft.ts';
import { cut, number, quoted, rounded, shownTemplate } from './wording.ts';

/** A place in a text, or a field that is called by its unit. */
const NAMELESS = /^(?:T\d+#\d+|[num]?s)$/;

/** Durations in the records that are longer on canary: Suspicious. Shorter ones are no finding. One for a field, of all pods before one pod. */
export function latencyShifts(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  const told = new Set<unknown>();
  return slowerFields(input, comparison).flatMap((slower) => {
    if (told.has(slower.field)) return [];
    told.add(slower.field);
    return [finding(slower, input)];
  });
}

function finding({ field, pod, pValue, shift, medians, counts }: Slower, { distilled }: JudgeInput): Draft {
  const template = distilled.templates.find(({ id }) => id === field.templateId);
  const name = NAMELESS.test(field.name) ? 'the time' : cut(field.name, 80);
  const where = template === undefined ? '' : ` in ${quoted(template.text)}`;
  const who = pod === undefined ? 'canary' : `canary pod ${pod}`;
  return {
    kind: 'LatencyShift',
    severity: 'Suspicious',
    message: cut(
      `${who} takes longer: ${name}${where} has a median of ${rounded(medians.canary)} ms against ${rounded(medians.stable)} ms on stable, a shift of at least ${rounded(shift.atLeast)} ms (${number(counts.canary)} and ${number(counts.stable)} values)`,
    ),
    ...(template === undefined
      ? {}
      : {
          template: shownTemplate(template.text),
          samples: template.canary.samples.slice(0, 3).map((sample) => cut(sample, 512)),
        }),
    stableCount: field.stable.count,
    canaryCount: field.canary.count,
    canaryPods: pod === undefined ? Object.keys(field.canary.values).length : 1,
    pValueMillionths: Math.round(pValue * 1e6),
  };
}
