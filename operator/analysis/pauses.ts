import type { Clock } from '../../crds/client/clock.ts';

/** How long {@link Pauses} hold: the first time, and at most. Each next one in a row is twice as long. */
export interface PauseOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly firstMs: number;
  readonly maxMs: number;
}

/** How the last task of an object ended, and when the next one may start. */
type Pause = {
  readonly uid: string;
  /** How often in a row it ended like that. */
  readonly count: number;
  readonly notBefore: number;
} & (
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'settled'; readonly seen: string }
);

/**
 * Keeps tasks that could be started again at once from going round in a loop, by key: after a failure the next one waits,
 * and so does one that only a mirror asks for which does not yet show what the last one has settled.
 */
export class Pauses {
  readonly #options: PauseOptions;
  readonly #pauses = new Map<string, Pause>();

  constructor(options: PauseOptions) {
    this.#options = options;
  }

  /** A task failed; the next one waits at least so long, milliseconds. Returns how often in a row. */
  failed(key: string, uid: string, error: unknown, atLeastMs = 0): number {
    const last = this.#of(key, uid);
    const count = last?.kind === 'failed' ? last.count + 1 : 1;
    const notBefore = Math.max(this.#notBefore(count), this.#options.clock.now() + atLeastMs);
    this.#pauses.set(key, { kind: 'failed', uid, count, error, notBefore });
    return count;
  }

  /** A task left nothing to do while the mirror showed this resource version. */
  settled(key: string, uid: string, seen: string): void {
    const last = this.#of(key, uid);
    const count = last?.kind === 'settled' && last.seen === seen ? last.count + 1 : 1;
    this.#pauses.set(key, { kind: 'settled', uid, count, seen, notBefore: this.#notBefore(count) });
  }

  /** How long to wait before the next task, milliseconds; 0 where another resource version shows than when all was settled. */
  waitMs(key: string, uid: string, seen: string): number {
    const last = this.#of(key, uid);
    if (last === undefined || (last.kind === 'settled' && last.seen !== seen)) return 0;
    return Math.max(0, last.notBefore - this.#options.clock.now());
  }

  /** What the last task failed with, if it failed. */
  failure(key: string, uid: string): { readonly error: unknown } | undefined {
    const last = this.#of(key, uid);
    return last?.kind === 'failed' ? last : undefined;
  }

  /** Lets the next task start at once. */
  forget(key: string): void {
    this.#pauses.delete(key);
  }

  #of(key: string, uid: string): Pause | undefined {
    const pause = this.#pauses.get(key);
    return pause?.uid === uid ? pause : undefined;
  }

  #notBefore(count: number): number {
    const { clock, firstMs, maxMs } = this.#options;
    return clock.now() + Math.min(firstMs * 2 ** (count - 1), maxMs);
  }
}
