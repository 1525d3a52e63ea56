import { isCoded } from '../../crds/errors.ts';
import type { EventFact, Evidence, Instant, LogSink, Side, SideEvidence } from '../model.ts';
import type { PodObject, PodTemplateSpec } from '../pods/pod-object.ts';
import { templateChange } from '../pods/template-change.ts';
import type { Cluster } from './cluster.ts';
import { eventsOf, listEvents } from './events.ts';
import { planLogs, type ReadLimits } from './log-plan.ts';
import { DEFAULT_LOG_TIMEOUTS, type LogTimeouts } from './log-stream.ts';
import { type LogsRead, type ReadLogsOptions, readLogs } from './logs.ts';
import type { PodObserver } from './observe.ts';
import { afterRestarts } from './restarted.ts';
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
  /** Lists the pods once more when the logs have been read: a container may have restarted meanwhile. */
  readonly relist?: () => Promise<Readonly<Record<Side, SideObjects>>>;
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
  const present = { stable: observers.stable.present, canary: observers.canary.present };
  const plans = {
    stable: planLogs('stable', present.stable, window, limits),
    canary: planLogs('canary', present.canary, window, limits),
  };
  const gone = (['canary', 'stable'] as const).flatMap((name) =>
    observers[name].gone.map((pod) => `${name} pod ${pod}: it was deleted before its logs were read`),
  );
  const lost = (name: Side, from: Instant): boolean => observers[name].lostSince(from).length > 0;
  /** As many pods of stable as may be read stand for the rest, the deleted ones too; a canary's may have gone for what its log says. */
  const lostWithPods = {
    stable:
      plans.stable.podsRead < limits.maxPods &&
      lost('stable', Math.min(window.stableSince, window.interval.from)),
    canary: lost('canary', window.interval.from),
  };
  const found = {
    stable: observers.stable.present.length + observers.stable.gone.length,
    canary: observers.canary.present.length + observers.canary.gone.length,
  };
  const baseline = baselineOf(observers.stable);
  const options: ReadLogsOptions = {
    transport: cluster.transport,
    clock: cluster.clock,
    timeouts: request.timeouts ?? DEFAULT_LOG_TIMEOUTS,
    namespace,
    maxBytesPerContainer: limits.maxBytesPerContainer,
    ...(request.deadline === undefined ? {} : { deadline: request.deadline }),
    ...(request.concurrency === undefined ? {} : { concurrency: request.concurrency }),
    ...(signal === undefined ? {} : { signal }),
  };
  const [logs, events] = await Promise.all([
    readLogs([...plans.canary.tasks, ...plans.stable.tasks], sink, options).then((read) =>
      restarts(read, sink, options, present, request),
    ),
    readEvents(cluster, request),
  ]);
  const side = (name: Side): SideEvidence => ({
    interval: window.interval,
    pods: observers[name].facts(window.interval, redact),
    events: events[name],
    podsRead: podsRead(name, logs),
    ...(isCut(name, logs) ? { cut: true } : {}),
  });
  const read = (name: Side) => ({
    podsFound: found[name],
    podsRead: plans[name].podsRead,
    containers: plans[name].containers,
    bytes: logs.bytes[name],
  });
  return {
    stable: side('stable'),
    canary: side('canary'),
    change: templateChange(templateOf(sides.stable), templateOf(sides.canary), redact),
    baseline,
    read: { stable: read('stable'), canary: read('canary') },
    gaps: [
      ...gone,
      ...plans.canary.gaps,
      ...plans.stable.gaps,
      ...logs.gaps.map((gap) => redact(gap)),
      ...events.gaps,
    ],
    logsComplete: {
      stable:
        logs.complete.stable &&
        ((!lostWithPods.stable && !logs.gone.stable) || isRepresented('stable', logs)),
      canary: logs.complete.canary && !lostWithPods.canary && !logs.gone.canary,
    },
  };
}

/**
 * Whether a pod of the side was read whole. Without a traffic router stable's pods are scaled down at every step, and those
 * that are left do what the others did; a canary's pod that goes may have gone for what its log says.
 */
function isRepresented(side: Side, { results }: LogsRead): boolean {
  const own = results.filter(({ task }) => task.source.side === side);
  const cut = new Set(own.filter(({ complete }) => !complete).map(({ task }) => task.source.pod));
  return own.some(({ task }) => !cut.has(task.source.pod));
}

/** Pods of which a log was read, were it an empty one. */
function podsRead(side: Side, { results }: LogsRead): readonly string[] {
  const read = results.filter(
    ({ task, complete, bytes }) => task.source.side === side && (complete || bytes > 0),
  );
  return [...new Set(read.map(({ task }) => task.source.pod))].sort();
}

/** How a program started that runs since before the window is known, not counted: a cut there is none. */
function isCut(side: Side, { results }: LogsRead): boolean {
  return results.some(({ task, cut }) => task.source.side === side && task.headBytes === undefined && cut);
}

/** Reads besides what containers left behind that restarted while their logs were read. */
async function restarts(
  read: LogsRead,
  sink: LogSink,
  options: ReadLogsOptions,
  before: Readonly<Record<Side, readonly PodObject[]>>,
  { relist, observers, window, signal }: CollectRequest,
): Promise<LogsRead> {
  if (relist === undefined) return read;
  try {
    const now = await relist();
    const at = options.clock.now();
    observers.stable.observe(now.stable.pods, at);
    observers.canary.observe(now.canary.pods, at);
  } catch (error) {
    if (signal?.aborted) throw error;
    return read;
  }
  const missed = (side: Side) =>
    afterRestarts(
      read.results.filter(({ task }) => task.source.side === side),
      before[side],
      observers[side].present,
      window,
    );
  const [canary, stable] = [missed('canary'), missed('stable')];
  const more = await readLogs([...canary.tasks, ...stable.tasks], sink, options);
  return {
    results: [...read.results, ...more.results],
    bytes: {
      stable: read.bytes.stable + more.bytes.stable,
      canary: read.bytes.canary + more.bytes.canary,
    },
    complete: {
      stable: read.complete.stable && stable.complete && more.complete.stable,
      canary: read.complete.canary && canary.complete && more.complete.canary,
    },
    gone: {
      stable: read.gone.stable || more.gone.stable,
      canary: read.gone.canary || more.gone.canary,
    },
    gaps: [...read.gaps, ...canary.gaps, ...stable.gaps, ...more.gaps],
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
