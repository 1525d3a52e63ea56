import { isCoded } from '../../crds/errors.ts';
import type { EventFact, Evidence, Instant, LogSink, Side, SideEvidence } from '../model.ts';
import type { PodTemplateSpec } from '../pods/pod-object.ts';
import { templateChange } from '../pods/template-change.ts';
import type { Cluster } from './cluster.ts';
import { eventsOf, listEvents } from './events.ts';
import { type LogPlan, planLogs, type ReadLimits } from './log-plan.ts';
import { DEFAULT_LOG_TIMEOUTS, type LogTimeouts } from './log-stream.ts';
import { readLogs } from './logs.ts';
import type { PodObserver } from './observe.ts';
import type { SideObjects } from './side-pods.ts';
import type { EvidenceWindow } from './window.ts';

/** What one collection reads. */
export interface CollectRequest {
  readonly namespace: string;
  readonly window: EvidenceWindow;
  /** The pods as observed up to the end of the window. */
  readonly observers: Readonly<Record<Side, PodObserver>>;
  /** What belongs to each side at the end of the window. */
  readonly sides: Readonly<Record<Side, SideObjects>>;
  readonly limits: ReadLimits;
  /** Applied to everything that is kept of objects; logs are the sink's affair. */
  readonly redact: (text: string) => string;
  readonly timeouts?: LogTimeouts;
  /** Logs read at a time; 4 when absent. */
  readonly concurrency?: number;
  /** No log is read beyond this instant; what is left then is a gap. */
  readonly deadline?: Instant;
  readonly signal?: AbortSignal;
}

/**
 * Reads what happened in the window: logs into the sink, everything else into the answer. Nothing that cannot be read is
 * thrown: it is a gap.
 * @throws CodedError `ABORTED` when the signal fired.
 */
export async function collectEvidence(
  cluster: Cluster,
  request: CollectRequest,
  sink: LogSink,
): Promise<Evidence> {
  const { namespace, window, observers, sides, limits, redact, signal } = request;
  const plans = {
    stable: planLogs('stable', observers.stable.present, window, limits),
    canary: planLogs('canary', observers.canary.present, window, limits),
  };
  const [logs, events] = await Promise.all([
    readLogs([...plans.canary.tasks, ...plans.stable.tasks], sink, {
      transport: cluster.transport,
      clock: cluster.clock,
      timeouts: request.timeouts ?? DEFAULT_LOG_TIMEOUTS,
      namespace,
      maxBytesPerContainer: limits.maxBytesPerContainer,
      ...(request.deadline === undefined ? {} : { deadline: request.deadline }),
      ...(request.concurrency === undefined ? {} : { concurrency: request.concurrency }),
      ...(signal === undefined ? {} : { signal }),
    }),
    readEvents(cluster, request),
  ]);
  const side = (name: Side): SideEvidence => ({
    interval: window.interval,
    pods: observers[name].facts(window.interval, redact),
    events: events[name],
  });
  const gone = (['canary', 'stable'] as const).flatMap((name) =>
    observers[name].gone.map((pod) => `${name} pod ${pod}: it was deleted before its logs were read`),
  );
  /** As many pods as may be read stand for the rest, the deleted ones too. */
  const lost = (name: Side, from: Instant): boolean =>
    plans[name].podsRead < limits.maxPods && observers[name].lostSince(from).length > 0;
  const read = (plan: LogPlan, name: Side) => ({
    podsFound: observers[name].present.length + observers[name].gone.length,
    podsRead: plan.podsRead,
    containers: plan.containers,
    bytes: logs.bytes[name],
  });
  return {
    stable: side('stable'),
    canary: side('canary'),
    change: templateChange(templateOf(sides.stable), templateOf(sides.canary), redact),
    baseline: baselineOf(observers.stable),
    read: { stable: read(plans.stable, 'stable'), canary: read(plans.canary, 'canary') },
    gaps: [
      ...gone,
      ...plans.canary.gaps,
      ...plans.stable.gaps,
      ...logs.gaps.map((gap) => redact(gap)),
      ...events.gaps,
    ],
    logsComplete: {
      stable: logs.complete.stable && !lost('stable', Math.min(window.stableSince, window.interval.from)),
      canary: logs.complete.canary && !lost('canary', window.interval.from),
    },
  };
}

/** What watching the pods alone tells, before any log is read: enough to see that a canary does not run. */
export function observedEvidence(
  observers: Readonly<Record<Side, PodObserver>>,
  window: EvidenceWindow,
  redact: (text: string) => string,
): Evidence {
  const side = (name: Side): SideEvidence => ({
    interval: window.interval,
    pods: observers[name].facts(window.interval, redact),
    events: [],
  });
  const read = (name: Side) => ({
    podsFound: observers[name].present.length + observers[name].gone.length,
    podsRead: 0,
    containers: 0,
    bytes: 0,
  });
  return {
    stable: side('stable'),
    canary: side('canary'),
    change: [],
    baseline: baselineOf(observers.stable),
    read: { stable: read('stable'), canary: read('canary') },
    gaps: [],
    logsComplete: { stable: false, canary: false },
  };
}

/** Pods that have gone took their logs with them: they are nothing to compare with. */
function baselineOf(stable: PodObserver): Evidence['baseline'] {
  return stable.present.length > 0 ? 'Pods' : 'None';
}

async function readEvents(
  cluster: Cluster,
  request: CollectRequest,
): Promise<Record<Side, EventFact[]> & { gaps: string[] }> {
  const { namespace, sides, window, redact, signal } = request;
  try {
    const all = await listEvents(cluster, namespace, Object.values(sides), signal);
    return {
      stable: eventsOf(all, 'stable', sides.stable, window.interval, redact),
      canary: eventsOf(all, 'canary', sides.canary, window.interval, redact),
      gaps: [],
    };
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return { stable: [], canary: [], gaps: [`events: ${redact(message)}`] };
  }
}

/** The template of the side's ReplicaSet; of several (an Experiment may have them) the first by name. */
function templateOf(objects: SideObjects): PodTemplateSpec | undefined {
  const [first] = objects.replicaSets.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return first?.spec?.template;
}
