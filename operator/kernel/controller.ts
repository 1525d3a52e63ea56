import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { Reflector } from '../../crds/client/reflector.ts';
import { CodedError } from '../../crds/errors.ts';
import type { Logger } from './logger.ts';
import { WorkQueue } from './work-queue.ts';

/** What a reconcile is given besides the key. */
export interface ReconcileContext {
  /** Fires at the reconcile's time limit and when the controller has no more patience at its stop. */
  readonly signal: AbortSignal;
  /** Its lines carry the controller, the key and the reconcileID. */
  readonly logger: Logger;
  /** Unique to this reconcile. */
  readonly reconcileID: string;
}

/**
 * When to come back: after a time (the key's back-off ends), or rate-limited as after an error; nothing: when something
 * changes.
 */
export type ReconcileResult = { readonly requeueAfterMs: number } | { readonly requeue: true } | undefined;

/** Brings one object towards its desired state; level-triggered, so it may be called at any time and any number of times. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileResult>;

/** An error that the same reconcile will meet again: it is logged and the key is not queued again until something changes. */
export class TerminalError extends CodedError {
  override readonly name: string = 'TerminalError';

  constructor(cause: CodedError) {
    super(cause.code, cause.message, { cause });
  }
}

/** How a reconcile ended, as controller-runtime counts it. */
export type ReconcileEnd = 'success' | 'requeue' | 'requeue_after' | 'error' | 'terminal_error';

/** Told of each reconcile, for metrics. */
export interface ControllerObserver {
  started(): void;
  /** @param ms how long it took, milliseconds */
  ended(end: ReconcileEnd, ms: number): void;
}

/** How a {@link Controller} works; name, reconcile and logger are needed. */
export interface ControllerOptions {
  /** Stands in every line of the log. */
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly logger: Logger;
  /** How many keys are worked on at once; 1 when absent. */
  readonly workers?: number;
  /** How long one reconcile may take before its signal fires; no limit when absent. */
  readonly reconcileTimeoutMs?: number;
  /** How long running reconciles may go on after a stop before their signal fires; 10 s when absent. */
  readonly graceMs?: number;
  /** A queue of its own when absent. */
  readonly queue?: WorkQueue;
  readonly observer?: ControllerObserver;
  readonly clock?: Clock;
  /** Names a reconcile; a random UUID when absent. */
  readonly newID?: () => string;
}

/** What happened to an object that a controller watches. */
export type ChangeType = 'added' | 'updated' | 'deleted';

/** Which keys an object's change concerns. */
export type KeyMapper<T extends KubernetesObject> = (object: T, change: ChangeType) => Iterable<string>;

type SyncWait = (signal: AbortSignal) => Promise<void>;

/** Works off the keys that its watches put in its queue, with the result table of controller-runtime. */
export class Controller {
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #sources: SyncWait[] = [];
  readonly #removers: (() => void)[] = [];

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger.child({ controller: options.name });
    this.queue = options.queue ?? new WorkQueue({ clock: this.#clock });
  }

  /**
   * Queues the keys that each change of a reflector's objects concerns; of an update, those of both states.
   * Called before `run`, which waits for the reflector's first list. A mapper that throws loses that change only.
   */
  watch<T extends KubernetesObject>(reflector: Reflector<T>, keysOf: KeyMapper<T>): void {
    const enqueue = (object: T, change: ChangeType): void => {
      for (const key of keysOf(object, change)) this.queue.add(key);
    };
    this.#sources.push((signal) => reflector.waitForSync(signal));
    this.#removers.push(
      reflector.addHandler({
        added: (object) => enqueue(object, 'added'),
        updated: (object, previous) => {
          enqueue(previous, 'updated');
          enqueue(object, 'updated');
        },
        deleted: (object) => enqueue(object, 'deleted'),
      }),
    );
  }

  /**
   * Works until the signal fires; then takes no more keys, lets running reconciles end, aborts them after the grace and
   * resolves when the last has ended. Never rejects. Called once.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.queue.shutDown({ drain: false });
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const { abort, release } = this.#abortAfterGrace(signal);
    try {
      await Promise.all(this.#sources.map((synced) => synced(signal).catch(() => {})));
      if (!signal.aborted) this.#logger.info('controller started', { workers: this.#options.workers ?? 1 });
      await Promise.all(Array.from({ length: this.#options.workers ?? 1 }, () => this.#work(abort)));
      this.#logger.info('controller stopped');
    } finally {
      release();
      signal.removeEventListener('abort', stop);
      for (const remove of this.#removers) remove();
    }
  }

  #abortAfterGrace(signal: AbortSignal): { abort: AbortSignal; release: () => void } {
    const controller = new AbortController();
    let cancel = (): void => {};
    const begin = (): void => {
      cancel = this.#clock.setTimer(this.#options.graceMs ?? 10_000, () => {
        controller.abort(new CodedError('ABORTED', `the controller ${this.#options.name} is stopping`));
      });
    };
    if (signal.aborted) begin();
    else signal.addEventListener('abort', begin, { once: true });
    return {
      abort: controller.signal,
      release: () => {
        cancel();
        signal.removeEventListener('abort', begin);
      },
    };
  }

  async #work(abort: AbortSignal): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      try {
        await this.#reconcile(key, abort);
      } finally {
        this.queue.done(key);
      }
    }
  }

  async #reconcile(key: string, abort: AbortSignal): Promise<void> {
    const reconcileID = (this.#options.newID ?? randomUUID)();
    const logger = this.#logger.child({ key, reconcileID });
    const limitMs = this.#options.reconcileTimeoutMs ?? Number.POSITIVE_INFINITY;
    const deadline = startDeadline(this.#clock, limitMs, abort);
    const { observer } = this.#options;
    const started = this.#clock.monotonic();
    observer?.started();
    let end: ReconcileEnd = 'error';
    try {
      const result = await this.#options.reconcile(key, { signal: deadline.signal, logger, reconcileID });
      end = this.#requeue(key, result);
    } catch (error) {
      if (error instanceof TerminalError) end = 'terminal_error';
      this.#failed(key, error, logger, deadline.expired, abort.aborted);
    } finally {
      deadline.dispose();
      observer?.ended(end, this.#clock.monotonic() - started);
    }
  }

  #requeue(key: string, result: ReconcileResult): ReconcileEnd {
    if (result !== undefined && 'requeue' in result) {
      this.queue.addRateLimited(key);
      return 'requeue';
    }
    this.queue.forget(key);
    if (result === undefined) return 'success';
    this.queue.addAfter(key, result.requeueAfterMs);
    return 'requeue_after';
  }

  #failed(key: string, error: unknown, logger: Logger, timedOut: boolean, stopping: boolean): void {
    if (error instanceof TerminalError) {
      this.queue.forget(key);
      logger.error('reconcile failed for good', { error });
      return;
    }
    if (stopping) {
      logger.info('reconcile cancelled by the stop', { error });
      return;
    }
    this.queue.addRateLimited(key);
    logger.error(timedOut ? 'reconcile ran out of time' : 'reconcile failed', {
      error,
      retries: this.queue.retries(key),
    });
  }
}
