import type { ContainerFact, PodFact, Side } from '../../model.ts';
import type { JudgeInput } from '../input.ts';

/** Why a pod as a whole is ended from outside: the node, the scheduler or the kubelet, not the program. */
const DISRUPTIONS: ReadonlySet<string> = new Set([
  'DeletionByTaintManager',
  'Evicted',
  'NodeAffinity',
  'NodeLost',
  'NodeShutdown',
  'Preempted',
  'Preempting',
  'Shutdown',
  'Terminated',
  'UnexpectedAdmissionError',
]);

const MS_PER_HOUR = 3_600_000;
/** A pod counts as at least this old, so that a rate per hour of a pod just started stays finite. */
const LEAST_POD_HOURS = 1 / 60;

/** Ended from outside: evicted, preempted, or lost with its node. */
export function isDisrupted(pod: PodFact): boolean {
  return pod.reason !== undefined && DISRUPTIONS.has(pod.reason);
}

/** A container with the pod it belongs to. */
export interface Place {
  readonly pod: PodFact;
  readonly container: ContainerFact;
}

/** Every container of the pods of a side that were not ended from outside. */
export function places(input: JudgeInput, side: Side): readonly Place[] {
  return input.evidence[side].pods
    .filter((pod) => !isDisrupted(pod))
    .flatMap((pod) => pod.containers.map((container) => ({ pod, container })));
}

/** Hours that the pods of a side have lived, to the end of the window; at least a minute each. */
export function podHours(input: JudgeInput, side: Side): number {
  const { pods, interval } = input.evidence[side];
  return pods
    .filter((pod) => !isDisrupted(pod))
    .reduce((sum, pod) => {
      const lived = (interval.to - (pod.startedAt ?? pod.createdAt)) / MS_PER_HOUR;
      return sum + Math.max(LEAST_POD_HOURS, lived);
    }, 0);
}

/** Whether something happened on canary more often per pod-hour than on stable. */
export function exceedsPerPodHour(counts: Readonly<Record<Side, number>>, input: JudgeInput): boolean {
  if (counts.stable === 0) return counts.canary > 0;
  return counts.canary * podHours(input, 'stable') > counts.stable * podHours(input, 'canary');
}

/** Whether a state holds in a larger part of canary's pods than of stable's. */
export function exceedsPerPod(affected: Readonly<Record<Side, number>>, input: JudgeInput): boolean {
  const all = (side: Side) => input.evidence[side].pods.filter((pod) => !isDisrupted(pod)).length;
  return (
    affected.canary * all('stable') > affected.stable * all('canary') ||
    (affected.stable === 0 && affected.canary > 0)
  );
}

/** The number of different pods among these places. */
export function podsOf(found: readonly Place[]): number {
  return new Set(found.map(({ pod }) => pod.name)).size;
}
