import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { isDisrupted } from './pod-facts.ts';
import { cut } from './wording.ts';

/** Canary pods that were evicted, preempted or lost with their node: Info, for the program has no part in it. */
export function disrupted(input: JudgeInput): readonly Draft[] {
  const pods = input.evidence.canary.pods.filter(isDisrupted);
  if (pods.length === 0) return [];
  const stable = input.evidence.stable.pods.filter(isDisrupted).length;
  const reasons = [...new Set(pods.map(({ reason }) => reason))].join(', ');
  return [
    {
      kind: 'Disrupted',
      severity: 'Info',
      message: cut(
        `${pods.length} of ${input.evidence.canary.pods.length} canary pods were ended from outside (${reasons}); of stable ${stable}`,
      ),
      stableCount: stable,
      canaryCount: pods.length,
      canaryPods: pods.length,
      samples: pods.slice(0, 3).map(({ name, reason }) => cut(`pod ${name}: ${reason}`, 512)),
    },
  ];
}
