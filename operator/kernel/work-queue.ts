import { type CancelTimer, type Clock, systemClock } from '../../crds/client/clock.ts';

/** Told of what a {@link WorkQueue} does, for metrics; times in milliseconds. */
export interface WorkQueueObserver {
  /** A key got in need of work. */
  added(): void;
  /** A worker took a key that had been in need of work this long. */
  taken(waitedMs: number): void;
  /** A worker was done with a key after this long. */
  done(workedMs: number): void;
  /** A key comes back after a growing wait. */
  retried(): void;
}

/** How a {@link WorkQueue} waits, and who is told; all optional. */
export interface WorkQueueOptions {
  /** The wait before a key's first rate-limited return; 5 ms when absent. */
  readonly baseDelayMs?: number;
  /** The longest such wait; 1000 s when absent. */
  readonly maxDelayMs?: number;
  readonly clock?: Clock;
  readonly observer?: WorkQueueObserver;
}

/**
 * A queue of keys for concurrent workers, with the guarantees of client-go's workqueue: a key stands in it once however
 * often it is added; it is never with two workers; added while it is with one, it returns when that one is done.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: WorkQueueObserver | undefined;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  /** In line, and in need of work, since when. A key in process that was added again is dirty but not in line. */
  readonly #line = new Set<string>();
  readonly #dirty = new Map<string, number>();
  readonly #processing = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly at: number; readonly cancel: CancelTimer }>();
  readonly #failures = new Map<string, number>();
  #takers: ((key: string | undefined) => void)[] = [];
  #idle: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#observer = options.observer;
    this.#baseDelayMs = options.baseDelayMs ?? 5;
    this.#maxDelayMs = options.maxDelayMs ?? 1_000_000;
  }

  /** How many keys wait for a worker now; delayed ones are not counted. */
  get length(): number {
    return this.#line.size;
  }

  /** How many keys are with a worker. */
  get processing(): number {
    return this.#processing.size;
  }

  /** Asks for the key to be worked on. */
  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.set(key, this.#clock.monotonic());
    this.#observer?.added();
    if (!this.#processing.has(key)) this.#offer(key);
  }

  /** Asks for the key to be worked on in `ms`; of several such wishes the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + ms;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.at <= at) return;
    pending?.cancel();
    const cancel = this.#clock.setTimer(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  /** Asks for the key to be worked on after a wait that doubles each time, until it is forgotten. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer?.retried();
    this.addAfter(key, Math.min(this.#baseDelayMs * 2 ** failures, this.#maxDelayMs));
  }

  /** Ends the growing wait of a key. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key came back rate-limited since it was last forgotten. */
  retries(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; undefined once the queue is shut down and empty. Call `done` afterwards. */
  take(): Promise<string | undefined> {
    const [key] = this.#line;
    if (key === undefined) {
      return this.#closed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => void this.#takers.push(resolve));
    }
    this.#line.delete(key);
    this.#hand(key);
    return Promise.resolve(key);
  }

  /** Says that the worker is finished with the key, which returns to the line if it was added meanwhile. */
  done(key: string): void {
    const since = this.#processing.get(key);
    if (since !== undefined) this.#observer?.done(this.#clock.monotonic() - since);
    this.#processing.delete(key);
    if (this.#dirty.has(key)) this.#offer(key);
    this.#settle();
  }

  /**
   * Takes nothing more and forgets what is delayed. With `drain` the keys in line are still handed out; without it they
   * are dropped.
   */
  shutDown(options: { readonly drain: boolean }): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    if (!options.drain) {
      this.#line.clear();
      this.#dirty.clear();
    }
    const takers = this.#takers;
    this.#takers = [];
    for (const taker of takers) taker(undefined);
    this.#settle();
  }

  /** Resolves when no key is in line or with a worker. */
  idle(): Promise<void> {
    this.#idle ??= Promise.withResolvers<void>();
    const { promise } = this.#idle;
    this.#settle();
    return promise;
  }

  #offer(key: string): void {
    const taker = this.#takers.shift();
    if (taker === undefined) {
      this.#line.add(key);
      return;
    }
    this.#hand(key);
    taker(key);
  }

  #hand(key: string): void {
    const now = this.#clock.monotonic();
    this.#observer?.taken(now - (this.#dirty.get(key) ?? now));
    this.#dirty.delete(key);
    this.#processing.set(key, now);
  }

  #settle(): void {
    if (this.#line.size > 0 || this.#processing.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}
