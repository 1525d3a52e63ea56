import type { KubeObject } from '../kubernetes.ts';

/** One committed write. `object` of a deletion is the last content, stamped with the deletion's revision. */
export interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly key: string;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

/** Thrown when a revision is older than what the history still holds. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly oldest: number;

  constructor(oldest: number) {
    super(`compacted up to revision ${oldest}`);
    this.oldest = oldest;
  }
}

const HISTORY = 50_000;

/**
 * What etcd is to kube-apiserver: objects by collection and key, one revision counter over all of them, and the
 * history of changes until it is compacted (by {@link ObjectStore.compact}, or the older half beyond 50,000 changes).
 * Stored objects are never modified in place; neither may a reader.
 */
export class ObjectStore {
  readonly #collections = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #history: Change[] = [];
  #revision = 1;
  #compacted = 0;

  /** The revision of the last write. */
  get revision(): number {
    return this.#revision;
  }

  /** The object at `namespace/name` (or `/name` for a cluster-scoped one). */
  get(collection: string, key: string): KubeObject | undefined {
    return this.#collections.get(collection)?.get(key);
  }

  /** All objects of a collection in the order of their keys, now or as they were at an earlier revision. */
  list(collection: string, at: number = this.#revision): [key: string, object: KubeObject][] {
    this.#assertKept(at);
    const objects = new Map(this.#collections.get(collection));
    for (let index = this.#history.length - 1; index >= 0; index -= 1) {
      const change = this.#history[index];
      if (change === undefined || change.revision <= at) break;
      if (change.collection !== collection) continue;
      if (change.previous === undefined) objects.delete(change.key);
      else objects.set(change.key, change.previous);
    }
    return [...objects].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  }

  /** Every object of every collection. */
  all(): [collection: string, key: string, object: KubeObject][] {
    return [...this.#collections].flatMap(([collection, objects]) =>
      [...objects].map(([key, object]): [string, string, KubeObject] => [collection, key, object]),
    );
  }

  /** Stores an object under a new revision and returns it with that `resourceVersion`. */
  put(collection: string, key: string, object: KubeObject): KubeObject {
    const objects = this.#collection(collection);
    const previous = objects.get(key);
    const stored = this.#stamp(object);
    objects.set(key, stored);
    this.#commit({
      revision: this.#revision,
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      collection,
      key,
      object: stored,
      ...(previous === undefined ? {} : { previous }),
    });
    return stored;
  }

  /** Removes an object; nothing happens when it is not there. */
  remove(collection: string, key: string): KubeObject | undefined {
    const previous = this.#collections.get(collection)?.get(key);
    if (previous === undefined) return undefined;
    this.#collections.get(collection)?.delete(key);
    const object = this.#stamp(previous);
    this.#commit({ revision: this.#revision, type: 'DELETED', collection, key, object, previous });
    return object;
  }

  /** The changes of a collection after a revision, oldest first. Throws {@link CompactedError} when it is too old. */
  changesSince(collection: string, revision: number): Change[] {
    this.#assertKept(revision);
    return this.#history.filter((change) => change.revision > revision && change.collection === collection);
  }

  /** Forgets the history up to a revision (all of it by default), as etcd's compaction does every few minutes. */
  compact(upTo: number = this.#revision): void {
    this.#compacted = Math.max(this.#compacted, Math.min(upTo, this.#revision));
    this.#history = this.#history.filter((change) => change.revision > this.#compacted);
  }

  /** Calls back after each commit, in order; the returned function ends it. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #collection(name: string): Map<string, KubeObject> {
    const existing = this.#collections.get(name);
    if (existing !== undefined) return existing;
    const created = new Map<string, KubeObject>();
    this.#collections.set(name, created);
    return created;
  }

  #stamp(object: KubeObject): KubeObject {
    this.#revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
  }

  #commit(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > HISTORY) this.compact(this.#history[HISTORY / 2]?.revision);
    for (const listener of [...this.#listeners]) listener(change);
  }

  #assertKept(revision: number): void {
    if (revision < this.#compacted) throw new CompactedError(this.#compacted);
  }
}
