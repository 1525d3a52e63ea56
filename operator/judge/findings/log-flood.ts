import type { Side, Template } from '../../model.ts';
import type { Comparison } from '../comparison.ts';
import { steadyCount } from '../counts.ts';
import { LEAST_SHARED_LINES } from '../exposure.ts';
import type { JudgeInput } from '../input.ts';
import { isOrdinary } from '../levels.ts';
import { rateRatio } from '../statistics/rate-test.ts';
import type { Draft } from './draft.ts';
import { templateFinding } from './template-finding.ts';
import { rounded } from './wording.ts';

/** Times stable's rate that make a flood. */
export const FLOOD_RATIO = 10;
/** Canary occurrences below this are no flood. */
export const LEAST_FLOOD = 1000;

/**
 * An ordinary record that both sides log and the canary logs many times as often for the same other work: Suspicious,
 * such as a retry without pause. It is relative to the other lines that both sides have, so more traffic is no flood,
 * and a record that stable lacks is no flood either: a new version may log something new.
 */
export function logFloods(input: JudgeInput, { exposure }: Comparison): readonly Draft[] {
  if (exposure.unit !== 'lines') return [];
  const rate = (template: Template, side: Side) => {
    const count = steadyCount(template, side);
    return { count, exposure: exposure[side] - count };
  };
  return input.distilled.templates.filter(isOrdinary).flatMap((template) => {
    const stable = rate(template, 'stable');
    const canary = rate(template, 'canary');
    if (stable.count === 0 || canary.count < LEAST_FLOOD) return [];
    if (Math.min(stable.exposure, canary.exposure) < LEAST_SHARED_LINES) return [];
    const ratio = rateRatio(stable, canary);
    if (ratio < FLOOD_RATIO) return [];
    const against = `${rounded(ratio)} times stable's rate for the same other work`;
    return [
      templateFinding('LogFlood', 'Suspicious', template, input, 'canary floods its log with', against),
    ];
  });
}
