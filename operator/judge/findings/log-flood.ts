import type { Side } from '../../model.ts';
import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { number, rounded } from './wording.ts';

/** Times stable's lines per Ready pod-second that make a flood. */
export const FLOOD_RATIO = 10;
/** Canary lines below this are no flood. */
export const LEAST_FLOOD_LINES = 1000;
/** Stable's lines below this tell no rate to compare with. */
const LEAST_STABLE_LINES = 50;

/** Canary logs many times as much per Ready pod-second as stable: Suspicious, such as a retry without pause. */
export function logFlood(input: JudgeInput, _comparison: Comparison): readonly Draft[] {
  const { evidence, distilled } = input;
  const seconds = (side: Side) => evidence[side].pods.reduce((sum, pod) => sum + pod.readySeconds, 0);
  const { stable, canary } = distilled.lines;
  if (distilled.span.stable === undefined || distilled.span.canary === undefined) return [];
  if (seconds('stable') <= 0 || seconds('canary') <= 0) return [];
  if (stable < LEAST_STABLE_LINES || canary < LEAST_FLOOD_LINES) return [];
  const ratio = (canary * seconds('stable')) / (stable * seconds('canary'));
  if (ratio < FLOOD_RATIO) return [];
  return [
    {
      kind: 'LogFlood',
      severity: 'Suspicious',
      message: `canary logs ${rounded(ratio)} times as many lines per Ready pod-second as stable (${number(canary)} lines in ${number(seconds('canary'))} pod-seconds; stable ${number(stable)} in ${number(seconds('stable'))})`,
      stableCount: stable,
      canaryCount: canary,
    },
  ];
}
