import type { CancelTimer, Clock } from '../../crds/client/clock.ts';
import { objectKey } from '../../crds/client/resource.ts';
import { ResourceClient } from '../../crds/client/resource-client.ts';
import { retry } from '../../crds/client/retry.ts';
import type { Transport } from '../../crds/client/transport.ts';
import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Logger } from '../logger.ts';
import { type Created, createAnalysis } from './create.ts';
import { Mirror } from './mirror.ts';
import { overdue, overdueAt } from './overdue.ts';
import { analysisOf, type Question } from './question.ts';
import { ANALYSIS_RUNS, type AnalysisRunObject, CANARY_ANALYSES } from './resources.ts';
import { type Waiting, Waker } from './waker.ts';

/** What {@link Analyses} works with. */
export interface AnalysesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1), for jitter; `Math.random` when absent. */
  readonly random?: () => number;
}

/** One analysis, as a measurement's metadata names it. */
export interface AnalysisRef {
  readonly pluginName: string;
  readonly namespace: string;
  readonly name: string;
}

/** How to cancel. */
export interface CancelOptions {
  /** Another object under the same name is refused (409). */
  readonly uid?: string;
  /** How long to wait for the answer. */
  readonly waitMs: number;
  /** Go on trying in the background, for 10 min, where the API server is not there; false when absent. */
  readonly insist?: boolean;
}

/** A read may hold one of Argo Rollouts' workers no longer than this. */
const READ_MS = 5_000;
/** How long a cancellation that insists is tried again. */
const INSIST_MS = 600_000;
/** What says nothing about the object: nobody, or nobody who knew who asked, answered. */
const NO_ANSWER = ['API_UNREACHABLE', 'API_THROTTLED', 'API_UNAUTHORIZED'] as const;
/** Creation times are whole seconds. */
const SLACK_MS = 1_000;
/** How long a created object is taken for current before the watch has shown it. */
const FRESH_MS = 2_000;

interface Tracked {
  analysis: CanaryAnalysis;
  /** When this process created it; absent for one that a watch showed. */
  readonly createdAt?: number;
  watched: boolean;
  /** Somebody was told the outcome: nobody waits any more. */
  answered: boolean;
  cancelTimer: CancelTimer;
}

/**
 * The CanaryAnalyses that measurements wait for: creates, mirrors and cancels them, and wakes the measurement when one
 * has a verdict, is overdue or is gone.
 */
export class Analyses {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #client: ResourceClient<CanaryAnalysis>;
  readonly #waker: Waker;
  readonly #mirror: Mirror;
  readonly #stop = new AbortController();
  readonly #random: (() => number) | undefined;
  readonly #tracked = new Map<string, Tracked>();

  constructor({ transport, clock, log, random }: AnalysesOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#random = random;
    const { signal } = this.#stop;
    this.#client = new ResourceClient(transport, CANARY_ANALYSES, { timeoutMs: READ_MS, clock });
    const runs = new ResourceClient<AnalysisRunObject>(transport, ANALYSIS_RUNS, {
      timeoutMs: READ_MS,
      clock,
    });
    this.#waker = new Waker({ client: runs, clock, log, signal });
    this.#mirror = new Mirror({
      client: this.#client,
      clock,
      log,
      signal,
      ...(random === undefined ? {} : { random }),
      handler: {
        added: (analysis) => this.#seen(analysis),
        updated: (analysis) => this.#seen(analysis),
        deleted: (analysis) => this.#left(analysis),
      },
    });
  }

  /**
   * Asks; repeating the same question finds the same object. Tried again for 8 s when the API server is not there.
   * @throws CodedError `ABORTED` once stopped.
   */
  async create(question: Question): Promise<Created> {
    const created = await createAnalysis(analysisOf(question), {
      client: this.#client,
      clock: this.#clock,
      signal: this.#stop.signal,
      ...(this.#random === undefined ? {} : { random: this.#random }),
    });
    if ('analysis' in created) {
      this.#track(created.analysis, this.#clock.monotonic());
      this.#mirror.cover(question.pluginName, question.namespace);
    }
    return created;
  }

  /** The analysis as this process knows it, without asking; undefined when only the API server knows. */
  peek({ pluginName, namespace, name }: AnalysisRef): CanaryAnalysis | undefined {
    this.#mirror.cover(pluginName, namespace);
    const watched = this.#mirror.get(pluginName, namespace, name);
    if (watched !== undefined) return watched;
    const tracked = this.#tracked.get(objectKey({ namespace, name }));
    if (tracked === undefined || tracked.watched || tracked.createdAt === undefined) return undefined;
    return this.#clock.monotonic() - tracked.createdAt < FRESH_MS ? tracked.analysis : undefined;
  }

  /** The analysis as the API server knows it. @throws what {@link ResourceClient.get} throws. */
  async read(ref: AnalysisRef): Promise<CanaryAnalysis> {
    const analysis = await this.#client.get(ref, { signal: this.#stop.signal });
    const tracked = this.#track(analysis);
    if (!tracked.watched) {
      tracked.analysis = analysis;
      this.#watchTheClock(tracked);
    }
    return analysis;
  }

  /**
   * Sets `spec.cancelled` and returns the object as stored: a verdict that was there first is in it.
   * @returns undefined when there is no answer within `waitMs`.
   * @throws what the API server refused with, when that came within `waitMs`.
   */
  async cancel(ref: AnalysisRef, options: CancelOptions): Promise<CanaryAnalysis | undefined> {
    const { namespace, name } = ref;
    const { uid, waitMs, insist = false } = options;
    const patch = { metadata: { name, ...(uid === undefined ? {} : { uid }) }, spec: { cancelled: true } };
    const stored = retry((signal) => this.#client.patch(ref, patch, { signal }), {
      budgetMs: insist ? INSIST_MS : waitMs,
      maxMs: 30_000,
      retryable: (error) => NO_ANSWER.some((code) => isCoded(error, code)),
      clock: this.#clock,
      signal: this.#stop.signal,
      ...(this.#random === undefined ? {} : { random: this.#random }),
    });
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const cancelTimer = this.#clock.setTimer(waitMs, () => resolve(undefined));
    try {
      return await Promise.race([stored, late]);
    } catch (error) {
      if (NO_ANSWER.some((code) => isCoded(error, code))) return undefined;
      throw error;
    } finally {
      cancelTimer();
      stored.catch((error: unknown) =>
        this.#log.debug('CanaryAnalysis was not cancelled', {
          canaryAnalysis: `${namespace}/${name}`,
          error: error instanceof Error ? error.message : String(error),
        }),
      );
    }
  }

  /** Whoever waited has the outcome: no more wakes. */
  answered(key: string): void {
    this.#waker.stop(key);
    const tracked = this.#tracked.get(key);
    if (tracked === undefined) return;
    tracked.cancelTimer();
    tracked.answered = true;
    if (!tracked.watched)
      tracked.cancelTimer = this.#clock.setTimer(FRESH_MS, () => this.#forget(key, tracked));
  }

  /** The API server gave no answer about this analysis: asks to be called again later. */
  wakeLater(waiting: Waiting): void {
    this.#waker.wakeLater(waiting);
  }

  /** Ends watches, timers and requests. */
  stop(): void {
    this.#stop.abort();
    this.#waker.stopAll();
    for (const { cancelTimer } of this.#tracked.values()) cancelTimer();
    this.#tracked.clear();
  }

  #seen(analysis: CanaryAnalysis): void {
    const known = this.#tracked.get(objectKey(analysis.metadata));
    const same = known !== undefined && known.analysis.metadata.uid === analysis.metadata.uid;
    const tracked = same ? known : this.#track(analysis);
    const decidedBefore = same && tracked.watched && tracked.analysis.status?.verdict !== undefined;
    tracked.analysis = analysis;
    tracked.watched = true;
    if (tracked.answered || decidedBefore) return;
    const { verdict, reason } = analysis.status ?? {};
    if (verdict === undefined) {
      this.#waker.stop(objectKey(analysis.metadata));
      this.#watchTheClock(tracked);
      return;
    }
    tracked.cancelTimer();
    const waiting = waitingFor(analysis);
    if (waiting === undefined) return;
    this.#waker.wake(waiting, { look: !same || reason === 'Cancelled' });
  }

  /** Deleted, or no longer awaited: the measurement is finished, or has to learn that there will be no verdict. */
  #left(analysis: CanaryAnalysis): void {
    const key = objectKey(analysis.metadata);
    const tracked = this.#tracked.get(key);
    if (tracked?.analysis.metadata.uid !== analysis.metadata.uid) return;
    tracked?.cancelTimer();
    this.#tracked.delete(key);
    const waiting = waitingFor(analysis);
    if (tracked?.answered === false && waiting !== undefined) this.#waker.wake(waiting, { look: true });
  }

  /** A watch may show it late; one that never does is not remembered for ever. */
  #forget(key: string, tracked: Tracked): void {
    if (!tracked.watched && this.#tracked.get(key) === tracked) this.#tracked.delete(key);
  }

  #track(analysis: CanaryAnalysis, createdAt?: number): Tracked {
    const key = objectKey(analysis.metadata);
    const known = this.#tracked.get(key);
    if (known !== undefined && known.analysis.metadata.uid === analysis.metadata.uid) return known;
    known?.cancelTimer();
    const tracked: Tracked = {
      analysis,
      watched: false,
      answered: false,
      cancelTimer: () => {},
      ...(createdAt === undefined ? {} : { createdAt }),
    };
    this.#tracked.set(key, tracked);
    this.#watchTheClock(tracked);
    return tracked;
  }

  #watchTheClock(tracked: Tracked): void {
    tracked.cancelTimer();
    const { analysis } = tracked;
    if (tracked.answered || analysis.status?.verdict !== undefined) return;
    const waiting = waitingFor(analysis);
    const delay = overdueAt(analysis) - this.#clock.now() + SLACK_MS;
    if (waiting === undefined || !Number.isFinite(delay)) return;
    tracked.cancelTimer = this.#clock.setTimer(delay, () => {
      if (overdue(tracked.analysis, this.#clock.now()) !== undefined)
        this.#waker.wake(waiting, { look: true });
      else this.#watchTheClock(tracked);
    });
  }
}

/** The measurement behind an analysis; undefined for one that a person asked for. */
function waitingFor(analysis: CanaryAnalysis): Waiting | undefined {
  const { measurement } = analysis.spec;
  const { namespace } = analysis.metadata;
  if (measurement === undefined || namespace === undefined) return undefined;
  const { analysisRun, analysisRunUID, metric } = measurement;
  return { key: objectKey(analysis.metadata), namespace, analysisRun, analysisRunUID, metric };
}
