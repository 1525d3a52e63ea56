import { abortedError, type Clock, systemClock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import type { ObjectRef } from '../../crds/client/resource.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import {
  claim,
  guarded,
  holderOf,
  type LeaseObject,
  LeaseObservation,
  release,
} from './leader-election-lease.ts';
import type { Logger } from './logger.ts';

/** How a {@link LeaderElector} works; the times are client-go's where absent. */
export interface LeaderElectionOptions {
  readonly client: Pick<ResourceClient<LeaseObject>, 'get' | 'create' | 'patch'>;
  readonly lease: Required<ObjectRef>;
  /** Who this process is: unique for each process, also for the next one in the same pod. */
  readonly identity: string;
  readonly logger: Logger;
  /** How long others wait after the last renewal that they saw; 15 s when absent. */
  readonly leaseDurationMs?: number;
  /** How long a leader goes on after its last successful renewal was sent; 10 s when absent. One request may take half of it. */
  readonly renewDeadlineMs?: number;
  /** Between two renewals, and (with jitter, up to 2.2 times as long) between two tries to become leader; 2 s when absent. */
  readonly retryPeriodMs?: number;
  readonly clock?: Clock;
  /** In [0, 1); `Math.random` when absent. */
  readonly random?: () => number;
}

/**
 * How a candidacy ended: `cancelled` before it ever led, `released` after its work had ended, `lost` while it was still
 * working: the process must exit, for somebody else may lead from the end of the lease on.
 */
export type ElectionEnd = 'cancelled' | 'released' | 'lost';

/** client-go's JitterFactor (tools/leaderelection). */
const JITTER = 1.2;
/** How long giving the lease back is tried: who cannot reach the API server leaves it to expire. */
const RELEASE_MS = 3000;
/** How often a renewal that others' writes came before is tried again at once. */
const CONFLICTS = 5;

/** A lease that this process holds. */
interface Term {
  lease: LeaseObject;
  /** Monotonic: the renew deadline after the last successful write was sent. */
  validUntil: number;
}

/**
 * One candidate for a Lease, by client-go's rules (tools/leaderelection): a leader that cannot renew gives up before others
 * may take the lease, and others wait for as long as the lease says, by their own clock, from the last change they saw.
 */
export class LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #leaseMs: number;
  readonly #renewMs: number;
  readonly #retryMs: number;
  readonly #observed: LeaseObservation;
  #term: Term | undefined;
  #troubled = false;

  /** @throws CodedError `CONFIG_INVALID` for times that could make two leaders. */
  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs >= 2 * retryPeriodMs && retryPeriodMs > 0)) {
      throw new CodedError(
        'CONFIG_INVALID',
        `leader election: the lease (${leaseDurationMs} ms) must last longer than the renew deadline (${renewDeadlineMs} ms), ` +
          `and that at least twice the retry period (${retryPeriodMs} ms)`,
      );
    }
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#leaseMs = leaseDurationMs;
    this.#renewMs = renewDeadlineMs;
    this.#retryMs = retryPeriodMs;
    this.#observed = new LeaseObservation(leaseDurationMs);
  }

  /** Whether this process leads at this moment, as far as its own clock tells. */
  get leading(): boolean {
    return this.#term !== undefined && this.#clock.monotonic() < this.#term.validUntil;
  }

  /**
   * Waits to become leader, then does the work. The work's signal fires when the caller's does, and when the lease is lost.
   * The lease is renewed until the work has ended and is given back then; when it is lost the work is not waited for.
   * @throws what the work threw, after the lease was given back.
   */
  async run(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<ElectionEnd> {
    const term = await this.#acquire(signal);
    if (term === undefined) return 'cancelled';
    const leadership = new AbortController();
    const ended = new AbortController();
    const working = (async () => work(AbortSignal.any([signal, leadership.signal])))().finally(() =>
      ended.abort(),
    );
    working.catch(() => {});
    const kept = await this.#keep(term, ended.signal);
    this.#term = undefined;
    if (!kept) {
      leadership.abort(new CodedError('ABORTED', 'the leadership was lost'));
      return 'lost';
    }
    await this.#release(term);
    await working;
    return 'released';
  }

  /** Tries until this process holds the lease; undefined when the signal fired. */
  async #acquire(signal: AbortSignal): Promise<Term | undefined> {
    this.#info('waiting to become leader');
    while (!signal.aborted) {
      try {
        const term = await this.#tryAcquire(signal);
        this.#troubled = false;
        if (term !== undefined) {
          this.#term = term;
          this.#info('became leader', { transitions: term.lease.spec?.leaseTransitions });
          return term;
        }
      } catch (error) {
        if (!signal.aborted) this.#trouble('the lease could not be read or taken', error);
      }
      await this.#pause(this.#retryMs * (1 + JITTER * this.#random()), signal);
    }
    return undefined;
  }

  async #tryAcquire(signal: AbortSignal): Promise<Term | undefined> {
    const { client, identity, lease: ref } = this.#options;
    const lease = await this.#call(signal, (abort) => client.get(ref, { signal: abort })).catch(
      unlessMissing,
    );
    if (lease !== undefined) {
      this.#observed.see(lease, this.#clock.monotonic());
      const holder = holderOf(lease);
      const free = holder === undefined || holder === identity;
      if (!free && this.#observed.remaining(this.#clock.monotonic()) > 0) return undefined;
    }
    const sent = this.#clock.monotonic();
    const spec = claim(identity, this.#leaseMs, this.#clock.now(), lease);
    try {
      const taken = await this.#call(signal, (abort) =>
        lease === undefined
          ? client.create({ metadata: { ...ref }, spec }, { signal: abort })
          : client.patch(ref, guarded(lease, spec), { signal: abort }),
      );
      return this.#confirmed(taken, sent);
    } catch (error) {
      // Another candidate was faster: that is no trouble.
      if (isCoded(error, 'API_CONFLICT') || isCoded(error, 'API_ALREADY_EXISTS')) return undefined;
      throw error;
    }
  }

  /** A term from a write that the server confirmed, unless the answer came too late to be of use. */
  #confirmed(lease: LeaseObject, sent: number): Term | undefined {
    const validUntil = sent + this.#renewMs;
    return this.#clock.monotonic() < validUntil ? { lease, validUntil } : undefined;
  }

  /** Renews until the work has ended (true) or the lease is lost (false). */
  async #keep(term: Term, ended: AbortSignal): Promise<boolean> {
    for (;;) {
      const left = term.validUntil - this.#clock.monotonic();
      await this.#pause(Math.min(this.#retryMs, left), ended);
      const { leading } = this;
      if (ended.aborted && leading) return true;
      if (!leading) return this.#lost('it was not renewed in time');
      const renewal = await this.#renew(term);
      if (renewal !== undefined) return this.#lost(renewal);
    }
  }

  /** One round of renewing; the answer is why the lease is lost for good. */
  async #renew(term: Term): Promise<string | undefined> {
    const deadline = startDeadline(this.#clock, term.validUntil - this.#clock.monotonic());
    try {
      for (let tries = 0; tries < CONFLICTS; tries++) {
        const sent = this.#clock.monotonic();
        if (await this.#write(term, deadline.signal)) {
          if (this.leading) term.validUntil = sent + this.#renewMs;
          break;
        }
        if (!(await this.#readAgain(term, deadline.signal))) return 'it has another holder';
      }
      this.#troubled = false;
    } catch (error) {
      if (isCoded(error, 'API_NOT_FOUND')) return 'it was deleted';
      this.#trouble('the lease could not be renewed', error);
    } finally {
      deadline.dispose();
    }
    return undefined;
  }

  /** Renews; false when the lease is not what it was. */
  async #write(term: Term, signal: AbortSignal): Promise<boolean> {
    const { client, identity, lease: ref } = this.#options;
    const patch = guarded(term.lease, claim(identity, this.#leaseMs, this.#clock.now(), term.lease));
    try {
      term.lease = await this.#call(signal, (abort) => client.patch(ref, patch, { signal: abort }));
      return true;
    } catch (error) {
      if (isCoded(error, 'API_CONFLICT')) return false;
      throw error;
    }
  }

  /** Whether it is still ours after a conflict: then it was somebody's label, or a write of ours whose answer was lost. */
  async #readAgain(term: Term, signal: AbortSignal): Promise<boolean> {
    const { client, identity, lease: ref } = this.#options;
    const lease = await this.#call(signal, (abort) => client.get(ref, { signal: abort }));
    if (holderOf(lease) !== identity) return false;
    term.lease = lease;
    return true;
  }

  /** Gives the lease back; when that fails it expires. */
  async #release(term: Term): Promise<void> {
    const { client, lease: ref } = this.#options;
    const deadline = startDeadline(this.#clock, RELEASE_MS);
    const { signal } = deadline;
    const give = () =>
      this.#call(signal, (abort) =>
        client.patch(ref, guarded(term.lease, release(this.#clock.now())), { signal: abort }),
      );
    try {
      await give().catch(async (error: unknown) => {
        if (!isCoded(error, 'API_CONFLICT') || !(await this.#readAgain(term, signal))) throw error;
        await give();
      });
      this.#info('gave the leadership back');
    } catch (error) {
      this.#log('warn', 'the leadership could not be given back: it expires', { error });
    } finally {
      deadline.dispose();
    }
  }

  /** One request within half the renew deadline, so that there is time for another. */
  async #call<R>(signal: AbortSignal, action: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const limit = startDeadline(this.#clock, this.#renewMs / 2, signal);
    const { promise: cut, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(abortedError(limit.signal, 'the request'));
    limit.signal.addEventListener('abort', abort, { once: true });
    if (limit.signal.aborted) abort();
    try {
      return await Promise.race([action(limit.signal), cut]);
    } finally {
      limit.dispose();
      limit.signal.removeEventListener('abort', abort);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal).catch(() => {});
  }

  #lost(reason: string): false {
    this.#log('error', 'lost the leadership', { reason });
    return false;
  }

  /** Says a trouble once until it has passed. */
  #trouble(message: string, error: unknown): void {
    this.#log(this.#troubled ? 'debug' : 'warn', message, { error });
    this.#troubled = true;
  }

  #info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#log('info', message, fields);
  }

  #log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    const { identity, lease, logger } = this.#options;
    logger[level](message, { lease: `${lease.namespace}/${lease.name}`, identity, ...fields });
  }
}

function unlessMissing(error: unknown): undefined {
  if (isCoded(error, 'API_NOT_FOUND')) return undefined;
  throw error;
}
