/** `open`: not asked. `halfOpen`: one request finds out whether the other side is back. */
export type CircuitState = 'closed' | 'open' | 'halfOpen';

/** When a circuit opens, and for how long. */
export interface CircuitOptions {
  /** Opens after so many failures in a row. */
  readonly failures: number;
  /** From then on nobody asks for so long, milliseconds. */
  readonly openMs: number;
  /** A monotonic clock, milliseconds. */
  readonly now: () => number;
}

/** The right to ask once; the first call of one of its functions counts. */
export interface Pass {
  /** The other side answered. */
  succeed(): void;
  /** It did not. */
  fail(): void;
  /** Nobody can tell: the question was taken back. */
  release(): void;
}

/** The way to ask, or how long to wait for the next trial, milliseconds. */
export type Entry = { readonly pass: Pass } | { readonly refusedForMs: number };

/**
 * Stops asking someone who keeps failing, and tries one request after a while: closed, open, half-open, as M. Nygard
 * describes it in "Release It!". What a request comes to that was sent before the state last changed counts no more.
 */
export class CircuitBreaker {
  readonly #options: CircuitOptions;
  #state: CircuitState = 'closed';
  #failures = 0;
  #openedAt = 0;
  #probing = false;
  /** Counts the changes of state. */
  #epoch = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get state(): CircuitState {
    return this.#state === 'open' && this.#restMs() <= 0 ? 'halfOpen' : this.#state;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  enter(): Entry {
    if (this.#state === 'open') {
      const rest = this.#restMs();
      if (rest > 0) return { refusedForMs: rest };
      this.#become('halfOpen');
    }
    if (this.#state === 'halfOpen') {
      if (this.#probing) return { refusedForMs: this.#options.openMs };
      this.#probing = true;
    }
    return { pass: this.#pass() };
  }

  #restMs(): number {
    return this.#openedAt + this.#options.openMs - this.#options.now();
  }

  #become(state: CircuitState): void {
    this.#state = state;
    this.#epoch++;
    this.#probing = false;
    if (state === 'open') this.#openedAt = this.#options.now();
  }

  #pass(): Pass {
    const epoch = this.#epoch;
    let used = false;
    const once = (count: () => void) => (): void => {
      if (used || epoch !== this.#epoch) return;
      used = true;
      this.#probing = false;
      count();
    };
    return {
      succeed: once(() => {
        this.#failures = 0;
        if (this.#state === 'halfOpen') this.#become('closed');
      }),
      fail: once(() => {
        this.#failures++;
        if (this.#state === 'halfOpen' || this.#failures >= this.#options.failures) this.#become('open');
      }),
      release: once(() => {}),
    };
  }
}
