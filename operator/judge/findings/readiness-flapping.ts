import type { PodFact, Side } from '../../model.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { exceedsPerPod, isDisrupted } from './pod-facts.ts';
import { cut, times } from './wording.ts';

/** Failures of a readiness probe after the start-up that are no accident. */
export const LEAST_FAILURES = 3;
/** How long a pod's probe may fail after its start, in milliseconds. */
export const START_UP_MS = 60_000;

/**
 * Pods that lose their readiness, whether they are Ready again or not, in a larger part of canary than of stable:
 * Suspicious, else Info. Seen while they were watched; by the Ready condition, which turned false long after the start of a
 * pod that is not Ready; where nobody watched also by one that turned true although the pod started before the window; or by
 * the kubelet's Events of failed readiness probes long after the start. Pods with restarts are told of by those.
 */
export function readinessFlapping(input: JudgeInput): readonly Draft[] {
  const flapping = (side: Side) => input.evidence[side].pods.filter((pod) => flaps(pod, side, input));
  const canary = flapping('canary');
  if (canary.length === 0) return [];
  const counts = { stable: flapping('stable').length, canary: canary.length };
  const all = input.evidence.canary.pods.length;
  return [
    {
      kind: 'ReadinessFlapping',
      severity: exceedsPerPod(counts, input) ? 'Suspicious' : 'Info',
      message: `${counts.canary} of ${all} canary ${all === 1 ? 'pod' : 'pods'} lost readiness after the start-up; of stable ${counts.stable}`,
      stableCount: counts.stable,
      canaryCount: counts.canary,
      canaryPods: counts.canary,
      samples: canary.slice(0, 3).map((pod) => cut(statement(pod, input), 512)),
    },
  ];
}

function flaps(pod: PodFact, side: Side, input: JudgeInput): boolean {
  if (
    pod.deleted ||
    isDisrupted(pod) ||
    pod.phase === 'Succeeded' ||
    pod.containers.some(({ restarts }) => restarts > 0)
  )
    return false;
  const started = pod.startedAt ?? pod.createdAt;
  const lapsed = pod.ready && !pod.readyThroughout && started < input.evidence[side].interval.from;
  if (pod.readinessLosses !== undefined && pod.readinessLosses > 0) return true;
  return (
    (lapsed && pod.readinessLosses === undefined) ||
    failures(pod, input).reduce((sum, { count }) => sum + count, 0) >= LEAST_FAILURES
  );
}

/** The kubelet's Events of this pod's readiness probe, last seen after its start-up. */
function failures(pod: PodFact, { evidence }: JudgeInput) {
  const settled = (pod.startedAt ?? pod.createdAt) + START_UP_MS;
  return evidence[pod.side].events.filter(
    ({ object, reason, message, lastSeen }) =>
      object === `Pod/${pod.name}` &&
      reason === 'Unhealthy' &&
      /^Readiness probe /.test(message) &&
      lastSeen > settled,
  );
}

function statement(pod: PodFact, input: JudgeInput): string {
  const [event] = failures(pod, input);
  const why = event === undefined ? '' : `: ${event.message}`;
  const losses = pod.readinessLosses ?? 0;
  const lost = losses > 0 ? `, lost readiness ${times(losses)}` : '';
  const state = pod.ready ? `was Ready for ${pod.readySeconds} s of the window` : 'is not Ready';
  return `pod ${pod.name} ${state}${lost}${why}`;
}
