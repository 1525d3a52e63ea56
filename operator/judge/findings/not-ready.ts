import type { PodFact, Side } from '../../model.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { exceedsPerPod, isDisrupted } from './pod-facts.ts';
import { cut } from './wording.ts';

/** A pod that is not Ready this long after it was created is late; in milliseconds. */
export const LATE_MS = 120_000;

/** Pods that are not Ready though they had time for it, in a larger part of canary than of stable: Suspicious. */
export function notReady(input: JudgeInput): readonly Draft[] {
  const late = (side: Side) =>
    input.evidence[side].pods.filter((pod) => isLate(pod, input.evidence[side].interval.to));
  const canary = late('canary');
  const counts = { stable: late('stable').length, canary: canary.length };
  if (counts.canary === 0 || !exceedsPerPod(counts, input)) return [];
  const all = input.evidence.canary.pods.length;
  return [
    {
      kind: 'NotReady',
      severity: 'Suspicious',
      message: `${counts.canary} of ${all} canary ${all === 1 ? 'pod is' : 'pods are'} not Ready ${LATE_MS / 1000} s after creation; of stable ${counts.stable}`,
      stableCount: counts.stable,
      canaryCount: counts.canary,
      canaryPods: counts.canary,
      samples: canary
        .slice(0, 3)
        .map(({ name, phase }) => cut(`pod ${name} is not Ready, phase ${phase}`, 512)),
    },
  ];
}

function isLate(pod: PodFact, end: number): boolean {
  return (
    !pod.ready &&
    !pod.deleted &&
    !isDisrupted(pod) &&
    pod.phase !== 'Succeeded' &&
    end - pod.createdAt >= LATE_MS
  );
}
