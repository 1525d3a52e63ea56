import { createHash } from 'node:crypto';
import type { ContainerKind, Instant, LogSource, Side } from '../model.ts';
import { podContainers, proxiesLeftOut, withoutProxies } from '../pods/container-kind.ts';
import { type ContainerStatus, containerStatus, type PodObject } from '../pods/pod-object.ts';
import { runEnd } from './run-end.ts';
import type { EvidenceWindow } from './window.ts';

/** Bounds on what is read. */
export interface ReadLimits {
  readonly maxBytesPerContainer: number;
  readonly maxPods: number;
  readonly maxContainers: number;
}

/** Each bound's value where nobody gave one: 16 MiB, 10 pods a side, 10 containers a pod. */
export const DEFAULT_READ_LIMITS: ReadLimits = {
  maxBytesPerContainer: 16 * 1024 * 1024,
  maxPods: 10,
  maxContainers: 10,
};

/** How much of a log's beginning is read for how the program starts. */
const START_UP_BYTES = 256 * 1024;

/** One reading of one log. */
export interface LogTask {
  readonly source: LogSource;
  readonly from?: Instant;
  /** Infinity for the log of a run before: it ends by itself, and how it ended may be the news. */
  readonly to: Instant;
  readonly headBytes?: number;
  /** The container's status tells of a run from after `from`: the log is known to have existed. */
  readonly existed: boolean;
}

/** What is read on one side, and what is left out. */
export interface LogPlan {
  readonly podsRead: number;
  readonly containers: number;
  readonly tasks: readonly LogTask[];
  readonly gaps: readonly string[];
}

/**
 * The logs to read on one side: every container that has run, its current log and, after a restart, the one before; known
 * proxies beside an application are left out, but not their state.
 * Beyond `maxPods` the pods with the smallest SHA-256 of their names are taken, so that the choice is the same each time.
 * Of stable also the first lines of a program that started before the look-back: its start-up is no news on a canary.
 */
export function planLogs(
  side: Side,
  pods: readonly PodObject[],
  window: EvidenceWindow,
  limits: ReadLimits,
): LogPlan {
  const chosen = sample(pods, limits.maxPods);
  const gaps: string[] = [];
  if (chosen.length < pods.length) {
    gaps.push(
      `${side}: the logs of ${pods.length - chosen.length} of ${pods.length} pods were left out (maxPods)`,
    );
  }
  const tasks: LogTask[] = [];
  let containers = 0;
  const proxies = new Set<string>();
  for (const pod of chosen) {
    const { own, proxies: beside } = withoutProxies(podContainers(pod.spec));
    for (const { spec } of beside) proxies.add(spec.name);
    const all = own.toSorted((a, b) => RANK[a.kind] - RANK[b.kind]);
    if (all.length > limits.maxContainers) {
      const more = all.length - limits.maxContainers;
      gaps.push(`${side} pod ${pod.metadata.name}: ${more} containers were left out (maxContainers)`);
    }
    for (const { spec, kind } of all.slice(0, limits.maxContainers)) {
      containers++;
      const source = { side, pod: pod.metadata.name, container: spec.name, kind };
      const status = containerStatus(pod, spec.name);
      if (status?.state?.waiting !== undefined && (status.restartCount ?? 0) === 0) {
        const reason = status.state.waiting.reason ?? 'waiting';
        gaps.push(
          `${describe({ ...source, previous: false })}: it has not started (${reason}), so it has no log`,
        );
        continue;
      }
      tasks.push(...readings(source, status, window));
    }
  }
  if (proxies.size > 0) gaps.push(proxiesLeftOut(side, proxies));
  return { podsRead: chosen.length, containers, tasks, gaps };
}

/** A log as gaps name it: `canary pod web-1, container app (previous)`. */
export function describe(source: LogSource): string {
  const { side, pod, container, previous } = source;
  return `${side} pod ${pod}, container ${container}${previous ? ' (previous)' : ''}`;
}

const RANK: Readonly<Record<ContainerKind, number>> = { app: 0, init: 1, sidecar: 2 };

function readings(
  source: Omit<LogSource, 'previous'>,
  status: ContainerStatus | undefined,
  window: EvidenceWindow,
): LogTask[] {
  const { interval, stableSince } = window;
  const from = source.side === 'stable' ? Math.min(stableSince, interval.from) : interval.from;
  const reading = (previous: boolean) => ({
    source: { ...source, previous },
    from,
    to: previous ? Infinity : interval.to,
    existed: (runEnd(status, previous) ?? -Infinity) >= from,
  });
  const current = reading(false);
  const started = Date.parse(status?.state?.running?.startedAt ?? '');
  const tasks: LogTask[] = [];
  if ((status?.restartCount ?? 0) > 0) tasks.push(reading(true));
  if (source.side === 'stable' && source.kind !== 'sidecar' && started < from) {
    tasks.push({ source: current.source, to: from - 1, headBytes: START_UP_BYTES, existed: true });
  }
  tasks.push(current);
  return tasks;
}

function sample(pods: readonly PodObject[], maxPods: number): readonly PodObject[] {
  if (pods.length <= maxPods) return pods;
  return pods
    .map((pod) => ({ pod, digest: createHash('sha256').update(pod.metadata.name).digest('hex') }))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
    .slice(0, maxPods)
    .map(({ pod }) => pod)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
