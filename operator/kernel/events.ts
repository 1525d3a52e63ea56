import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../../crds/client/clock.ts';
import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { ResourceDefinition } from '../../crds/client/resource.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import { isCoded } from '../../crds/errors.ts';
import { timestamp } from './conditions.ts';
import type { Logger } from './logger.ts';

/** What an Event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for a cluster-wide object. */
  readonly namespace?: string;
  readonly uid: string;
}

export type EventType = 'Normal' | 'Warning';

/** A core/v1 Event, as far as it is written here. */
export interface KubernetesEvent extends KubernetesObject {
  readonly involvedObject: ObjectReference;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  /** How often it happened between the two timestamps. */
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

/** Where Events live. */
export const EVENTS: ResourceDefinition = {
  group: '',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};

/** How an {@link EventRecorder} works. */
export interface EventRecorderOptions {
  readonly client: Pick<ResourceClient<KubernetesEvent>, 'create' | 'patch'>;
  /** The program, e.g. `canary-analysis`. */
  readonly component: string;
  /** Which of its processes, e.g. the pod's name. */
  readonly instance: string;
  readonly logger: Logger;
  /** How many Events an object may get at once; 25 when absent. */
  readonly burst?: number;
  /** After that, one more per so many milliseconds; 5 minutes when absent. */
  readonly refillMs?: number;
  /** How many may wait to be written; more are dropped. 500 when absent. */
  readonly maxPending?: number;
  readonly clock?: Clock;
}

interface Written {
  readonly name: string;
  readonly namespace: string;
  count: number;
}

interface Budget {
  tokens: number;
  at: number;
}

const MAX_MESSAGE = 1024;
/** How many objects' budgets and written Events are remembered. */
const MAX_REMEMBERED = 4096;

/**
 * Records Kubernetes Events: one object per involved object, type, reason and message, counted up when it happens again.
 * `record` never throws and never waits; what cannot be written is logged and forgotten, for an Event changes nothing.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #written = new Map<string, Written>();
  readonly #budgets = new Map<string, Budget>();
  readonly #abort = new AbortController();
  #pending = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Records that something happened to an object: `reason` is one CamelCase word, `message` is cut to 1 KiB. */
  record(object: ObjectReference, type: EventType, reason: string, message: string): void {
    const { logger, maxPending = 500 } = this.#options;
    if (this.#abort.signal.aborted) return;
    if (this.#pending >= maxPending || !this.#spend(object.uid)) {
      logger.debug('event dropped', { reason, object: object.name, namespace: object.namespace });
      return;
    }
    this.#pending++;
    const now = this.#clock.now();
    this.#tail = this.#tail
      .then(() => this.#write(object, type, reason, message.slice(0, MAX_MESSAGE), now))
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted)
          logger.warn('event not recorded', { reason, object: object.name, error });
      })
      .finally(() => {
        this.#pending--;
      });
  }

  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void> {
    return this.#tail;
  }

  /** Gives up what is not written yet and takes nothing more. */
  close(): void {
    this.#abort.abort();
  }

  async #write(
    object: ObjectReference,
    type: EventType,
    reason: string,
    message: string,
    now: number,
  ): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    const key = JSON.stringify([object.uid, type, reason, message]);
    const lastTimestamp = timestamp(new Date(now));
    const before = this.#written.get(key);
    if (before !== undefined) {
      const { name, namespace } = before;
      const count = before.count + 1;
      try {
        await this.#options.client.patch({ name, namespace }, { count, lastTimestamp }, { signal });
        before.count = count;
        return;
      } catch (error) {
        if (!isCoded(error, 'API_NOT_FOUND')) throw error;
        this.#written.delete(key);
      }
    }
    const event = this.#event(object, type, reason, message, lastTimestamp, `${key}${now}`);
    const { name, namespace = 'default' } = event.metadata;
    await this.#options.client.create(event, { signal });
    remember(this.#written, key, { name, namespace, count: 1 });
  }

  #event(
    object: ObjectReference,
    type: EventType,
    reason: string,
    message: string,
    time: string,
    identity: string,
  ): KubernetesEvent {
    const { component, instance } = this.#options;
    const suffix = createHash('sha256').update(identity).update(instance).digest('hex').slice(0, 16);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${object.name.slice(0, 236)}.${suffix}`, namespace: object.namespace ?? 'default' },
      involvedObject: object,
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
  }

  /** A token bucket per object, as client-go's recorder has it, so that one object in a loop cannot flood etcd. */
  #spend(uid: string): boolean {
    const { burst = 25, refillMs = 300_000 } = this.#options;
    const now = this.#clock.monotonic();
    const before = this.#budgets.get(uid) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, before.tokens + (now - before.at) / refillMs);
    const spent = tokens >= 1;
    remember(this.#budgets, uid, { tokens: spent ? tokens - 1 : tokens, at: now });
    return spent;
  }
}

/** Sets an entry as the newest and forgets the oldest beyond the limit. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_REMEMBERED) break;
    map.delete(oldest);
  }
}
