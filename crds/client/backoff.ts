/** The shape of an exponential back-off. */
export interface BackoffOptions {
  /** The first delay, milliseconds. */
  readonly initialMs: number;
  /** No delay is longer than this, jitter included. */
  readonly maxMs: number;
  /** How much longer each delay is than the one before; 2 when absent. */
  readonly factor?: number;
  /** The part of each delay that is random, 0 to 1; 0.5 when absent: between half the delay and the whole. */
  readonly jitter?: number;
  /** In [0, 1); `Math.random` when absent. */
  readonly random?: () => number;
}

/** Delays that grow until they are reset. */
export interface Backoff {
  /** The next delay, milliseconds. */
  next(): number;
  reset(): void;
}

/** An exponential back-off with jitter, so that clients of a server that comes back do not arrive together. */
export function createBackoff(options: BackoffOptions): Backoff {
  const { initialMs, maxMs, factor = 2, jitter = 0.5, random = Math.random } = options;
  let step = Math.min(initialMs, maxMs);
  return {
    next() {
      const delay = step * (1 - jitter * random());
      step = Math.min(step * factor, maxMs);
      return delay;
    },
    reset() {
      step = Math.min(initialMs, maxMs);
    },
  };
}
