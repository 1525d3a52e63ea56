import type { ContainerFact, Instant, Interval, PodFact, Side, Termination } from '../model.ts';
import { type KnownContainer, podContainers } from './container-kind.ts';
import type { ContainerState, ContainerStatus, PodObject } from './pod-object.ts';

/** A pod that turns Ready this soon after its start has started up; later than that it was unready in the window. In milliseconds. */
export const START_UP_MS = 60_000;

/** The Ready condition of a pod is false from its start on; that it turned false this much later means that it was true before. In milliseconds. */
const TURNED_MS = 5_000;

/** What {@link podFact} needs beside the Pod. */
export interface PodFactOptions {
  /** Applied to the messages of terminations and waiting reasons, which may quote the log. */
  readonly redact: (text: string) => string;
  /**
   * Since when a container has been seen waiting for a reason, for callers that watched the pod. Without it the time is
   * taken from the pod: since the last run ended, else since the pod started.
   */
  readonly waitingSince?: (container: string, reason: string) => Instant | undefined;
}

/**
 * What one Pod object tells of one pod in a window.
 * `readySeconds` counts from the last time the Ready condition turned true: Kubernetes keeps no older history, so a pod
 * that is not Ready now counts nothing; but when its condition turned tells whether it ever was, for the time of a
 * condition changes with its status alone (setting it again keeps it: kubernetes/pkg/kubelet/status/status_manager.go,
 * updateLastTransitionTime). `readyThroughout` means Ready now and since before the window, or since its own
 * start-up within it, with no restart inside the window.
 */
export function podFact(
  pod: PodObject,
  side: Side,
  interval: Interval,
  now: Instant,
  options: PodFactOptions,
): PodFact {
  const status = pod.status ?? {};
  const createdAt = instant(pod.metadata.creationTimestamp) ?? instant(status.startTime) ?? interval.from;
  const startedAt = instant(status.startTime);
  const statuses = new Map(
    [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((s) => [s.name, s]),
  );
  const containers = podContainers(pod.spec).map((c) =>
    containerFact(c, statuses.get(c.spec.name), startedAt ?? createdAt, now, options),
  );
  const condition = status.conditions?.find((c) => c.type === 'Ready');
  const ready = condition?.status === 'True';
  const readySince = instant(condition?.lastTransitionTime) ?? startedAt ?? createdAt;
  const lost = !ready && condition !== undefined && readySince > (startedAt ?? createdAt) + TURNED_MS;
  const restarted = containers.some((c) => (c.lastTerminated?.finishedAt ?? -Infinity) >= interval.from);
  return {
    side,
    name: pod.metadata.name,
    uid: pod.metadata.uid ?? '',
    ...(pod.spec?.nodeName === undefined ? {} : { node: pod.spec.nodeName }),
    phase: status.phase ?? 'Unknown',
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ready,
    createdAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    readySeconds: ready ? seconds(Math.max(readySince, interval.from), Math.min(now, interval.to)) : 0,
    readyThroughout:
      ready && !restarted && readySince <= Math.max(interval.from, (startedAt ?? createdAt) + START_UP_MS),
    ...(lost ? { readinessLosses: 1 } : {}),
    deleted: deletionRequested(pod) <= interval.to,
    containers,
  };
}

/** `deletionTimestamp` is when the grace period ends, not when the deletion was asked for. */
function deletionRequested(pod: PodObject): Instant {
  const end = instant(pod.metadata.deletionTimestamp);
  if (end === undefined) return Infinity;
  return end - (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
}

function containerFact(
  { spec, kind }: KnownContainer,
  status: ContainerStatus | undefined,
  podStart: Instant,
  now: Instant,
  options: PodFactOptions,
): ContainerFact {
  const state = status?.state ?? {};
  const terminated = termination(state, options);
  const lastTerminated = termination(status?.lastState ?? {}, options);
  const startedAt = instant(state.running?.startedAt);
  const waiting = state.waiting;
  const since =
    waiting?.reason === undefined
      ? undefined
      : (options.waitingSince?.(spec.name, waiting.reason) ?? lastTerminated?.finishedAt ?? podStart);
  return {
    name: spec.name,
    kind,
    image: spec.image ?? status?.image ?? '',
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    state: waiting ? 'waiting' : state.running ? 'running' : state.terminated ? 'terminated' : 'unknown',
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(waiting?.reason === undefined ? {} : { waitingReason: waiting.reason }),
    ...(waiting?.message === undefined ? {} : { waitingMessage: options.redact(waiting.message) }),
    ...(since === undefined ? {} : { waitingFor: Math.max(0, now - since) }),
    ...(terminated === undefined ? {} : { terminated }),
    ...(lastTerminated === undefined ? {} : { lastTerminated }),
  };
}

function termination(state: ContainerState, options: PodFactOptions): Termination | undefined {
  const t = state.terminated;
  if (t === undefined) return undefined;
  const startedAt = instant(t.startedAt);
  const finishedAt = instant(t.finishedAt);
  return {
    reason: t.reason ?? (t.exitCode === 0 ? 'Completed' : 'Error'),
    exitCode: t.exitCode ?? 0,
    ...(t.signal === undefined ? {} : { signal: t.signal }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(t.message === undefined ? {} : { message: options.redact(t.message) }),
  };
}

function instant(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const value = Date.parse(text);
  return Number.isNaN(value) ? undefined : value;
}

function seconds(from: Instant, to: Instant): number {
  return Math.max(0, Math.round((to - from) / 1000));
}
