/** How long the kubelet waits between tries; milliseconds. */
export interface BackoffOptions {
  /** Default 10 s. */
  readonly baseMs?: number;
  /** Default 5 min. */
  readonly maxMs?: number;
}

/**
 * The kubelet's back-off: the first retry is at once, then the wait doubles from the base to the maximum; a run that
 * lasted twice the maximum starts it over (client-go, `flowcontrol.Backoff`).
 */
export class RestartBackoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  #currentMs = 0;

  constructor(options: BackoffOptions = {}) {
    this.#baseMs = options.baseMs ?? 10_000;
    this.#maxMs = options.maxMs ?? 300_000;
  }

  /** The wait before the next try, given how long the last one ran. */
  next(ranMs: number): number {
    if (ranMs > 2 * this.#maxMs) this.#currentMs = 0;
    const wait = this.#currentMs;
    this.#currentMs = wait === 0 ? this.#baseMs : Math.min(wait * 2, this.#maxMs);
    return wait;
  }
}

/** A wait as Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`. Shorter ones keep their fraction. */
export function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
