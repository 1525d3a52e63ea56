import type { Clock } from '../../crds/client/clock.ts';
import { CodedError } from '../../crds/errors.ts';

const MINUTE_MS = 60_000;

/** When tokens may be spent. */
export interface SpendOptions {
  readonly signal: AbortSignal;
  /** On {@link Clock.monotonic}: nobody waits longer. */
  readonly deadline: number;
}

/** A number of tokens for each minute: a bucket that holds one minute's worth and fills evenly. */
export class TokenBudget {
  readonly #perMinute: number;
  readonly #clock: Clock;
  #level: number;
  #at: number;

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
    this.#level = perMinute;
    this.#at = clock.monotonic();
  }

  /**
   * Waits until `tokens` may be spent, in the order of the calls; more than a minute's worth is spent as one minute's.
   * @returns what to call with the tokens that it came to
   * @throws CodedError `REVIEWER_UNAVAILABLE` when the wait would outlast the deadline, `ABORTED` when the signal fires.
   */
  async spend(tokens: number, { signal, deadline }: SpendOptions): Promise<(actual: number) => void> {
    this.#fill();
    const spent = Math.min(tokens, this.#perMinute);
    const waitMs = Math.max(0, ((spent - this.#level) / this.#perMinute) * MINUTE_MS);
    if (this.#clock.monotonic() + waitMs >= deadline) {
      throw new CodedError(
        'REVIEWER_UNAVAILABLE',
        `the budget of ${this.#perMinute} tokens a minute is spent for ${Math.ceil(waitMs / 1000)} s, longer than the time left; raise reviewers.limits.tokensPerMinute`,
      );
    }
    this.#level -= spent;
    try {
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
    } catch (error) {
      this.#give(spent);
      throw error;
    }
    return (actual) => this.#give(spent - actual);
  }

  #give(tokens: number): void {
    this.#fill();
    this.#level = Math.min(this.#perMinute, this.#level + tokens);
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    this.#level = Math.min(this.#perMinute, this.#level + ((now - this.#at) / MINUTE_MS) * this.#perMinute);
    this.#at = now;
  }
}
