import { CodedError, isCoded } from '../errors.ts';
import { ApiError } from './api-error.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import { abortedError, type Clock, systemClock } from './clock.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { objectKey } from './resource.ts';
import type { ResourceClient, SelectOptions } from './resource-client.ts';
import { type Change, type EventHandler, ObjectStore } from './store.ts';

/** The calls that a reflector makes. */
export type ListWatcher<T extends KubernetesObject> = Pick<ResourceClient<T>, 'listAll' | 'watch'>;

/** What a {@link Reflector} mirrors, and how; all but `client` optional. */
export interface ReflectorOptions<T extends KubernetesObject> extends Omit<SelectOptions, 'signal'> {
  readonly client: ListWatcher<T>;
  /** Told each failure and the wait that follows it; nothing is thrown for those. */
  readonly onError?: (failure: ReflectorFailure) => void;
  /** Objects per page of the list; 500 when absent. */
  readonly pageSize?: number;
  /** A watch is ended and resumed after between this long and twice as long; 300 when absent. */
  readonly watchSeconds?: number;
  /** The first wait after a failure; 800 ms when absent. Each next one is twice as long, with jitter. */
  readonly initialBackoffMs?: number;
  /** The longest wait after a failure; 30 s when absent. */
  readonly maxBackoffMs?: number;
  readonly clock?: Clock;
  /** In [0, 1); `Math.random` when absent. */
  readonly random?: () => number;
}

/** One failure of a reflector, or of a handler (after which there is nothing to wait for). */
export interface ReflectorFailure {
  readonly during: 'list' | 'watch' | 'handler';
  readonly error: unknown;
  /** How many in a row, this one included. */
  readonly failures: number;
  readonly retryInMs: number;
}

/** How a reflector is doing. */
export interface ReflectorHealth {
  readonly state: 'idle' | 'listing' | 'watching' | 'waiting' | 'stopped';
  /** True once the first list has arrived; the store may be old but is never partial. */
  readonly synced: boolean;
  /** When the API server last answered or sent an event (a bookmark comes about every minute); wall clock, ms. */
  readonly lastContact?: number;
  /** Failures since the last success. */
  readonly failures: number;
  readonly lastError?: unknown;
}

/** A watch that ends sooner than this without an event counts as a failure, so that it is not repeated in a loop. */
const SHORT_WATCH_MS = 1000;

/**
 * A local mirror of the objects of one resource type: a paged list, then a watch that is resumed from the last resource
 * version for as long as the server has it, and a new list when it has not (410).
 * The protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #select: Omit<SelectOptions, 'signal'>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #store = new ObjectStore<T>();
  readonly #handlers = new Set<EventHandler<T>>();
  readonly #firstSync = Promise.withResolvers<void>();
  #resourceVersion: string | undefined;
  #state: ReflectorHealth['state'] = 'idle';
  #synced = false;
  #lastContact: number | undefined;
  #failures = 0;
  #lastError: unknown;

  constructor(options: ReflectorOptions<T>) {
    const { namespace, labelSelector, fieldSelector, random = Math.random } = options;
    this.#options = options;
    this.#select = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    this.#clock = options.clock ?? systemClock;
    this.#random = random;
    this.#backoff = createBackoff({
      initialMs: options.initialBackoffMs ?? 800,
      maxMs: options.maxBackoffMs ?? 30_000,
      random,
    });
  }

  /** True once the first list has arrived. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves once the first list has arrived; rejects with `ABORTED` when the signal fires first. */
  async waitForSync(signal?: AbortSignal): Promise<void> {
    if (signal === undefined || this.#synced) return this.#firstSync.promise;
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(abortedError(signal, 'waiting for the first list'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#firstSync.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The object as last seen. */
  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(objectKey({ name, ...(namespace === undefined ? {} : { namespace }) }));
  }

  /** By `namespace/name`. */
  getByKey(key: string): T | undefined {
    return this.#store.get(key);
  }

  /** All objects as last seen, in no order. */
  list(): T[] {
    return this.#store.values();
  }

  /** Adds a handler, which is first told of every object that is there already; returns what removes it. */
  addHandler(handler: EventHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#store.values()) this.#tell(handler, { type: 'added', object });
    return () => void this.#handlers.delete(handler);
  }

  health(): ReflectorHealth {
    return {
      state: this.#state,
      synced: this.#synced,
      failures: this.#failures,
      ...(this.#lastContact === undefined ? {} : { lastContact: this.#lastContact }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Mirrors until the signal fires; resolves then and never rejects. Called once. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const during = this.#resourceVersion === undefined ? 'list' : 'watch';
      try {
        if (during === 'list') await this.#list(signal);
        else await this.#watch(signal, this.#resourceVersion);
      } catch (error) {
        if (signal.aborted) break;
        if (!canResume(error)) this.#resourceVersion = undefined;
        await this.#pause(during, error, signal);
      }
    }
    this.#state = 'stopped';
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#state = 'listing';
    const { pageSize } = this.#options;
    const list = await this.#options.client.listAll({
      ...this.#select,
      ...(pageSize === undefined ? {} : { pageSize }),
      signal,
    });
    this.#contact();
    this.#announce(this.#store.replace(list.items));
    this.#resourceVersion = list.metadata.resourceVersion;
    this.#synced = true;
    this.#firstSync.resolve();
    if (this.#resourceVersion === undefined) {
      throw new CodedError('API_UNEXPECTED', 'a list came without a resource version to watch from');
    }
  }

  async #watch(signal: AbortSignal, resourceVersion: string | undefined): Promise<void> {
    this.#state = 'watching';
    const opened = this.#clock.monotonic();
    let events = 0;
    const watch = this.#options.client.watch({
      ...this.#select,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      timeoutSeconds: Math.round((this.#options.watchSeconds ?? 300) * (1 + this.#random())),
      onOpen: () => this.#contact(),
      signal,
    });
    for await (const event of watch) {
      events++;
      this.#contact();
      this.#recovered();
      this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
      if (event.type === 'DELETED') this.#announce(this.#store.delete(event.object));
      else if (event.type !== 'BOOKMARK') this.#announce(this.#store.set(event.object));
    }
    if (events === 0 && this.#clock.monotonic() - opened < SHORT_WATCH_MS) {
      throw new CodedError('API_UNREACHABLE', `the watch ended within ${SHORT_WATCH_MS} ms without an event`);
    }
    this.#recovered();
  }

  /** Reports the failure and waits; the first 410 in a row is no failure but the protocol's way to ask for a list. */
  async #pause(during: 'list' | 'watch', error: unknown, signal: AbortSignal): Promise<void> {
    if (during === 'watch' && isCoded(error, 'API_EXPIRED') && this.#failures === 0) {
      this.#failures++;
      return;
    }
    this.#state = 'waiting';
    this.#failures++;
    this.#lastError = error;
    const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const retryInMs = Math.max(this.#backoff.next(), asked);
    this.#options.onError?.({ during, error, failures: this.#failures, retryInMs });
    await this.#clock.sleep(retryInMs, signal).catch(() => {});
  }

  #contact(): void {
    this.#lastContact = this.#clock.now();
  }

  #recovered(): void {
    this.#failures = 0;
    this.#lastError = undefined;
    this.#backoff.reset();
  }

  #announce(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const handler of this.#handlers) this.#tell(handler, change);
  }

  #tell(handler: EventHandler<T>, change: Change<T>): void {
    try {
      if (change.type === 'added') handler.added?.(change.object);
      else if (change.type === 'updated') handler.updated?.(change.object, change.previous);
      else handler.deleted?.(change.object);
    } catch (error) {
      this.#options.onError?.({ during: 'handler', error, failures: this.#failures, retryInMs: 0 });
    }
  }
}

/**
 * Whether the watch may go on from where it stood. Not after 410, nor from a version that the server has not reached
 * (it came back with an older state), nor after an answer that makes no sense.
 */
function canResume(error: unknown): boolean {
  if (error instanceof ApiError && error.causes.some((cause) => cause.reason === 'ResourceVersionTooLarge')) {
    return false;
  }
  return isCoded(error, 'API_UNREACHABLE') || isCoded(error, 'API_THROTTLED');
}
