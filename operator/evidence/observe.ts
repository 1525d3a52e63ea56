import type { Instant, Interval, LogSource, PodFact, Side } from '../model.ts';
import { podFact, START_UP_MS } from '../pods/pod-fact.ts';
import { containerStatus, containerStatuses, type PodObject } from '../pods/pod-object.ts';
import { runEnd } from './run-end.ts';

/** A program goes on starting for a moment after it said that it is ready, milliseconds. */
const SETTLE_MS = 5000;

/** What is remembered of one pod. */
interface Watched {
  pod: PodObject;
  lastSeen: Instant;
  gone: boolean;
  /** The first observation without it. */
  goneAt: Instant;
  ready: boolean;
  /** How often it was Ready and then not, or its Ready condition had begun anew. */
  lapses: number;
  readySince: Instant | undefined;
  readyMs: number;
  /** By container: the reason it waits for, since when, and how often it had restarted then. */
  readonly waiting: Map<string, Waiting>;
}

interface Waiting {
  readonly family: string;
  readonly restarts: number;
  /** Undefined when it waited already at the first observation: the pod itself tells since when. */
  readonly since: Instant | undefined;
  readonly current: boolean;
}

/** The kubelet alternates between the failed pull and the pause before the next one. */
const FAMILIES: Readonly<Record<string, string>> = { ErrImagePull: 'ImagePullBackOff' };

/**
 * Remembers the pods of one side across observations: what a single look at a pod does not tell.
 * Pods that have gone keep their last state.
 */
export class PodObserver {
  readonly side: Side;
  readonly #settleMs: number;
  readonly #pods = new Map<string, Watched>();
  #last: Instant | undefined;
  #aheadMs = 0;

  /** @param settleMs how long a start-up goes on after the pod turned Ready; 5 s when absent */
  constructor(side: Side, settleMs: number = SETTLE_MS) {
    this.side = side;
    this.#settleMs = settleMs;
  }

  /** Takes the pods that exist at an instant; instants must not go backwards. */
  observe(pods: readonly PodObject[], at: Instant): void {
    const seen = new Set<string>();
    for (const pod of pods) {
      const uid = pod.metadata.uid ?? pod.metadata.name;
      seen.add(uid);
      this.#aheadMs = Math.max(this.#aheadMs, latestStamp(pod) - at);
      this.#pods.set(uid, watched(this.#pods.get(uid), pod, at));
    }
    for (const [uid, entry] of this.#pods) {
      if (seen.has(uid) || entry.gone) continue;
      entry.gone = true;
      entry.goneAt = at;
    }
    this.#last = at;
  }

  /** The pods that existed at the last observation, in order of their names. */
  get present(): PodObject[] {
    return [...this.#pods.values()].filter((entry) => !entry.gone).map((entry) => entry.pod);
  }

  /** Names of the pods that were seen and have gone. */
  get gone(): string[] {
    return [...this.#pods.values()].filter((entry) => entry.gone).map((entry) => entry.pod.metadata.name);
  }

  /** Names of the pods that have gone with a log from after an instant: a container of theirs is known to have run then. */
  lostSince(from: Instant): string[] {
    return [...this.#pods.values()]
      .filter(({ gone, goneAt, pod }) => gone && goneAt >= from && hasRunSince(pod, from))
      .map(({ pod }) => pod.metadata.name);
  }

  /**
   * How far the clocks of the side's nodes are known to be ahead of the observer's, in milliseconds: their kubelets stamped
   * what had not happened yet.
   */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** When the first pod of the side started; undefined while none has. */
  get firstStart(): Instant | undefined {
    const starts = [...this.#pods.values()].flatMap(({ pod }) => {
      const start = Date.parse(pod.status?.startTime ?? '');
      return Number.isNaN(start) ? [] : [start];
    });
    return starts.length === 0 ? undefined : Math.min(...starts);
  }

  /**
   * When the start-up of the run behind a log is over: a moment after its pod turned Ready, at the latest a minute after
   * the container started. Undefined where the pod's status does not tell.
   */
  startUpEnd(source: Pick<LogSource, 'pod' | 'container' | 'previous'>): Instant | undefined {
    const entry = [...this.#pods.values()].find(({ pod }) => pod.metadata.name === source.pod);
    const container = containerStatus(entry?.pod, source.container);
    const state = source.previous ? container?.lastState : container?.state;
    const start = Date.parse(state?.running?.startedAt ?? state?.terminated?.startedAt ?? '');
    if (Number.isNaN(start)) return undefined;
    const ready = entry === undefined ? undefined : readySince(entry.pod);
    if (source.previous || ready === undefined) return start + START_UP_MS;
    return Math.min(Math.max(ready, start) + this.#settleMs, start + START_UP_MS);
  }

  /** Since when a pod of the side has been Ready and past its start-up; undefined while none is. */
  get settledSince(): Instant | undefined {
    const since = this.present.flatMap((pod) => readySince(pod) ?? []);
    return since.length === 0 ? undefined : Math.min(...since) + this.#settleMs;
  }

  /** What is known of every pod that was seen, for an interval that has been observed. */
  facts(interval: Interval, redact: (text: string) => string): PodFact[] {
    const now = Math.max(interval.to, this.#last ?? interval.to);
    return [...this.#pods.values()]
      .map((entry) => this.#fact(entry, interval, now, redact))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #fact(entry: Watched, interval: Interval, now: Instant, redact: (text: string) => string): PodFact {
    const at = entry.gone ? entry.lastSeen : now;
    const fact = podFact(entry.pod, this.side, interval, at, {
      redact,
      waitingSince: (container) => entry.waiting.get(container)?.since,
    });
    const observed = Math.round(Math.min(entry.readyMs, interval.to - interval.from) / 1000);
    return {
      ...fact,
      readySeconds: Math.max(fact.readySeconds, observed),
      readyThroughout: fact.readyThroughout && entry.lapses === 0 && !entry.gone,
      readinessLosses: Math.max(entry.lapses, fact.readinessLosses ?? 0),
      deleted: fact.deleted || entry.gone,
    };
  }
}

function hasRunSince(pod: PodObject, from: Instant): boolean {
  return containerStatuses(pod).some((container) => (runEnd(container, false) ?? -Infinity) >= from);
}

/** The latest time that the kubelet has put into a pod's status. */
function latestStamp(pod: PodObject): Instant {
  const { startTime, conditions = [] } = pod.status ?? {};
  const states = containerStatuses(pod).map(({ state = {} }) => state);
  const stamps = [
    startTime,
    conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime,
    ...states.flatMap(({ running, terminated }) => [running?.startedAt, terminated?.finishedAt]),
  ];
  return Math.max(...stamps.map((stamp) => Date.parse(stamp ?? '')).filter((value) => !Number.isNaN(value)));
}

function readySince(pod: PodObject): Instant | undefined {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const since = Date.parse(ready?.status === 'True' ? (ready.lastTransitionTime ?? '') : '');
  return Number.isNaN(since) ? undefined : since;
}

/** A loss between two looks shows in the time of the Ready condition, which is in whole seconds. */
function hasLapsed(before: Watched, ready: boolean, since: Instant | undefined): boolean {
  if (!before.ready) return false;
  return !ready || (since ?? -Infinity) > (before.readySince ?? Infinity);
}

function watched(before: Watched | undefined, pod: PodObject, at: Instant): Watched {
  const ready = pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
  const bothReady = before?.ready === true && ready && !before.gone;
  return {
    pod,
    lastSeen: at,
    gone: false,
    goneAt: Infinity,
    ready,
    lapses:
      (before?.lapses ?? 0) + (before !== undefined && hasLapsed(before, ready, readySince(pod)) ? 1 : 0),
    readySince: readySince(pod),
    readyMs: (before?.readyMs ?? 0) + (bothReady ? at - before.lastSeen : 0),
    waiting: waitingOf(before, pod, at),
  };
}

/** A reason that returns after a restart counts from where it was first seen: a crash loop alternates. */
function waitingOf(before: Watched | undefined, pod: PodObject, at: Instant): Map<string, Waiting> {
  const result = new Map<string, Waiting>();
  for (const { name, restartCount: restarts = 0, state } of containerStatuses(pod)) {
    const earlier = before?.waiting.get(name);
    const reason = state?.waiting?.reason;
    if (reason === undefined) {
      if (earlier !== undefined) result.set(name, { ...earlier, current: false });
      continue;
    }
    const family = FAMILIES[reason] ?? reason;
    const goesOn = earlier?.family === family && (earlier.current || restarts > earlier.restarts);
    if (goesOn) result.set(name, { ...earlier, current: true });
    else {
      const begunUnseen = before === undefined && reason !== 'ErrImagePull';
      result.set(name, { family, restarts, since: begunUnseen ? undefined : at, current: true });
    }
  }
  return result;
}
