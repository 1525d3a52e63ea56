import { setTimeout as wait } from 'node:timers/promises';
import type { KubeList, KubeObject } from './kubernetes.ts';
import type { LabClient } from './lab-client.ts';

/** What an informer reports; `object` of a deletion is the last known content. */
export interface InformerHandlers {
  onChange(object: KubeObject): void;
  onDelete(object: KubeObject): void;
}

const RETRY_MS = 100;

/**
 * Keeps a cache of a collection by list and watch until the signal fires: lists again whenever the watch cannot go on,
 * tries again every 100 ms while the server is away. Objects that went unseen are reported as deleted after a list.
 */
export class Informer {
  readonly #client: LabClient;
  readonly #path: string;
  readonly #handlers: InformerHandlers;
  readonly #cache = new Map<string, KubeObject>();
  readonly #synced = Promise.withResolvers<void>();

  /** `path` is the collection's, with its selectors as query. */
  constructor(client: LabClient, path: string, handlers: InformerHandlers) {
    this.#client = client;
    this.#path = path;
    this.#handlers = handlers;
  }

  /** Resolves once the first list is in. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  objects(): KubeObject[] {
    return [...this.#cache.values()];
  }

  /** Runs until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const resourceVersion = await this.#relist(signal);
        await this.#follow(resourceVersion, signal);
      } catch {
        await wait(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #relist(signal: AbortSignal): Promise<string> {
    const list = await this.#client.request<KubeList>({ path: this.#path, signal });
    const seen = new Set<string>();
    for (const object of list.items) seen.add(this.#store({ ...object, ...typeOf(list) }));
    for (const [uid, object] of [...this.#cache]) if (!seen.has(uid)) this.#forget(object);
    this.#synced.resolve();
    return list.metadata.resourceVersion ?? '';
  }

  async #follow(from: string, signal: AbortSignal): Promise<void> {
    let resourceVersion = from;
    while (!signal.aborted) {
      const query = `resourceVersion=${resourceVersion}&allowWatchBookmarks=true`;
      const path = `${this.#path}${this.#path.includes('?') ? '&' : '?'}${query}`;
      for await (const { type, object } of this.#client.watch(path, signal)) {
        if (type === 'ERROR') return;
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        if (type === 'DELETED') this.#forget(object);
        else if (type !== 'BOOKMARK') this.#store(object);
      }
    }
  }

  #store(object: KubeObject): string {
    const uid = object.metadata.uid ?? '';
    this.#cache.set(uid, object);
    this.#handlers.onChange(object);
    return uid;
  }

  #forget(object: KubeObject): void {
    this.#cache.delete(object.metadata.uid ?? '');
    this.#handlers.onDelete(object);
  }
}

function typeOf(list: { apiVersion: string; kind: string }): { apiVersion: string; kind: string } {
  return { apiVersion: list.apiVersion, kind: list.kind.replace(/List$/, '') };
}
