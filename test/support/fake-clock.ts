import { setImmediate } from 'node:timers/promises';
import { type CancelTimer, type Clock, sleepOn } from '../../crds/client/clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  readonly #epoch: number;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(epoch = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn((delay, callback) => this.setTimer(delay, callback), ms, signal);
  }

  setTimer(ms: number, callback: () => void): CancelTimer {
    const timer = { at: this.#elapsed + Math.max(0, ms), callback };
    this.#timers.add(timer);
    for (const waiter of this.#waiters.filter(({ count }) => count <= this.#timers.size)) waiter.resolve();
    this.#waiters = this.#waiters.filter(({ count }) => count > this.#timers.size);
    return () => void this.#timers.delete(timer);
  }

  /** How long until each pending timer fires, soonest first, milliseconds. */
  get pending(): number[] {
    return [...this.#timers].map((timer) => timer.at - this.#elapsed).sort((a, b) => a - b);
  }

  /** Resolves as soon as at least `count` timers are pending: whoever is tested has come to its wait. */
  untilPending(count = 1): Promise<void> {
    if (this.#timers.size >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ count, resolve });
    return promise;
  }

  /** Moves on by `ms`, firing timers in order; what they set off runs before the next one fires. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await setImmediate();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      this.#timers.delete(timer);
      timer.callback();
      await setImmediate();
    }
    this.#elapsed = end;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}
