import type { Clock } from '../../crds/client/clock.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import { Gate } from '../kernel/gate.ts';
import { AnsweredError } from './answered.ts';
import { CircuitBreaker, type CircuitState, type Pass } from './circuit-breaker.ts';
import { type ReviewLimits, withDefaults } from './limits.ts';
import { TokenBudget } from './token-budget.ts';

/** Endpoints that are remembered; the one not asked for longest is forgotten first. */
const MAX_ENDPOINTS = 256;

/** A time-out within this many seconds says more about who set it than about who was asked. */
const MIN_TIMEOUT_SECONDS = 10;

/** A piece of work for an endpoint. */
export interface EndpointWork {
  /** What the work may cost, as estimated. */
  readonly tokens: number;
  /** Ends the wait and the work. */
  readonly signal: AbortSignal;
  /** Fires only when the review itself is taken back: that is no failure of the endpoint. */
  readonly cancelled: AbortSignal;
  /** On {@link Clock.monotonic}: nobody waits longer for the budget of tokens. */
  readonly deadline: number;
}

/** Someone who is asked over the network. */
export interface Endpoint {
  /**
   * Does work as soon as there is a place and, where there is a budget, tokens; never while the circuit is open.
   * `tokensOf` tells what it came to.
   * @throws CodedError `REVIEWER_UNAVAILABLE` when the circuit is open or the budget spent, `ABORTED`, and what the work throws.
   */
  run<T>(options: EndpointWork, work: () => Promise<T>, tokensOf: (result: T) => number): Promise<T>;
}

/** How many circuits of a kind are in a state. */
export interface CircuitCount {
  readonly kind: string;
  readonly state: CircuitState;
  readonly count: number;
}

/** Everyone who is asked over the network, with what has to outlive one review: places, budgets, circuits. */
export class Endpoints {
  readonly #clock: Clock;
  readonly #limits: ReturnType<typeof withDefaults>;
  readonly #known = new Map<string, { readonly kind: string; readonly guard: Guard }>();

  constructor(clock: Clock, limits: ReviewLimits = {}) {
    this.#clock = clock;
    this.#limits = withDefaults(limits);
  }

  /**
   * The endpoint of a name.
   * @param kind `gemini`, `openAI` or `a2a`
   * @param name tells it from others of its kind, e.g. URL and model
   */
  of(kind: string, name: string): Endpoint {
    const key = `${kind} ${name}`;
    const { guard } = this.#known.get(key) ?? { guard: new Guard(this.#clock, this.#limits) };
    this.#known.delete(key);
    this.#known.set(key, { kind, guard });
    if (this.#known.size > MAX_ENDPOINTS) this.#forgetOne();
    return guard;
  }

  /** The circuits by kind and state; states without any are left out. */
  circuits(): CircuitCount[] {
    const counts = new Map<string, CircuitCount>();
    for (const { kind, guard } of this.#known.values()) {
      const { state } = guard.breaker;
      const key = `${kind} ${state}`;
      counts.set(key, { kind, state, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return [...counts.values()];
  }

  #forgetOne(): void {
    for (const [key, { guard }] of this.#known) {
      if (guard.busy > 0) continue;
      this.#known.delete(key);
      return;
    }
  }
}

class Guard implements Endpoint {
  readonly breaker: CircuitBreaker;
  readonly #clock: Clock;
  readonly #gate: Gate;
  readonly #budget: TokenBudget | undefined;
  #busy = 0;
  #lastFailure = 'the request failed';

  constructor(clock: Clock, limits: ReturnType<typeof withDefaults>) {
    const { concurrency, tokensPerMinute, circuitFailures, circuitSeconds } = limits;
    this.#clock = clock;
    this.breaker = new CircuitBreaker({
      failures: circuitFailures,
      openMs: circuitSeconds * 1000,
      now: () => clock.monotonic(),
    });
    this.#gate = new Gate(concurrency);
    this.#budget = tokensPerMinute === undefined ? undefined : new TokenBudget(tokensPerMinute, clock);
  }

  /** Works that wait or go on. */
  get busy(): number {
    return this.#busy;
  }

  async run<T>(options: EndpointWork, work: () => Promise<T>, tokensOf: (result: T) => number): Promise<T> {
    this.#busy++;
    try {
      await this.#gate.enter(options.signal);
      try {
        return await this.#ask(options, work, tokensOf);
      } finally {
        this.#gate.leave();
      }
    } finally {
      this.#busy--;
    }
  }

  async #ask<T>(options: EndpointWork, work: () => Promise<T>, tokensOf: (result: T) => number): Promise<T> {
    const pass = this.#enter();
    let settle: ((actual: number) => void) | undefined;
    try {
      settle = await this.#budget?.spend(options.tokens, options);
    } catch (error) {
      pass.release();
      throw error;
    }
    const began = this.#clock.monotonic();
    try {
      const result = await work();
      pass.succeed();
      settle?.(tokensOf(result));
      return result;
    } catch (error) {
      settle?.(0);
      this.#count(pass, error, options, this.#clock.monotonic() - began);
      throw error;
    }
  }

  #enter(): Pass {
    const entry = this.breaker.enter();
    if ('pass' in entry) return entry.pass;
    const { failures } = this.breaker;
    throw new CodedError(
      'REVIEWER_UNAVAILABLE',
      `${this.#lastFailure}; after ${failures} failure${failures === 1 ? '' : 's'} in a row it is not asked again for ${Math.ceil(entry.refusedForMs / 1000)} s`,
    );
  }

  /**
   * A request that got no answer, a server's own failure, 429 and a time-out are failures; a refusal and nonsense are answers;
   * a time-out of little time, which any tenant may set, is neither.
   */
  #count(pass: Pass, error: unknown, { cancelled }: EndpointWork, tookMs: number): void {
    if (cancelled.aborted || !isCoded(error) || error.code === 'ORIGIN_FORBIDDEN') pass.release();
    else if (isTimeout(error) && Math.round(tookMs / 1000) < MIN_TIMEOUT_SECONDS) pass.release();
    else if (error instanceof AnsweredError) pass.succeed();
    else if (error.code === 'REVIEWER_UNAVAILABLE' || error.code === 'ABORTED') {
      this.#lastFailure = error.code === 'ABORTED' ? 'it did not answer in time' : error.message;
      pass.fail();
    } else pass.succeed();
  }
}

function isTimeout(error: CodedError): boolean {
  return error.code === 'ABORTED' || isCoded(error.cause, 'ABORTED');
}
