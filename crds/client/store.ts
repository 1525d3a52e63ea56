import type { KubernetesObject } from './kubernetes-object.ts';
import { objectKey } from './resource.ts';

/** What a store tells of: each object as it appears, changes and goes. Handlers must not block and must not throw. */
export interface EventHandler<T extends KubernetesObject> {
  added?(object: T): void;
  updated?(object: T, previous: T): void;
  /** With the last state known: for an object that left the selector, its content from before. */
  deleted?(object: T): void;
}

/** One change of a store. */
export type Change<T extends KubernetesObject> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T };

/** Objects by namespace and name; every write says what it changed. */
export class ObjectStore<T extends KubernetesObject> {
  #objects = new Map<string, T>();

  get size(): number {
    return this.#objects.size;
  }

  /** By key, see {@link objectKey}. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): T[] {
    return [...this.#objects.values()];
  }

  /** Takes an object's newer state; the same resource version again is no change, another UID is another object. */
  set(object: T): Change<T>[] {
    const key = objectKey(object.metadata);
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    return compare(object, previous);
  }

  /** Takes an object away; no change when it was not there. */
  delete(object: T): Change<T>[] {
    return this.#objects.delete(objectKey(object.metadata)) ? [{ type: 'deleted', object }] : [];
  }

  /** Becomes exactly these objects; what is no longer among them is deleted, with its last known state. */
  replace(objects: readonly T[]): Change<T>[] {
    const before = this.#objects;
    this.#objects = new Map(objects.map((object) => [objectKey(object.metadata), object]));
    const changes: Change<T>[] = [];
    for (const [key, object] of before) {
      if (!this.#objects.has(key)) changes.push({ type: 'deleted', object });
    }
    for (const [key, object] of this.#objects) changes.push(...compare(object, before.get(key)));
    return changes;
  }
}

function compare<T extends KubernetesObject>(object: T, previous: T | undefined): Change<T>[] {
  if (previous === undefined) return [{ type: 'added', object }];
  if (previous.metadata.uid !== object.metadata.uid) {
    return [
      { type: 'deleted', object: previous },
      { type: 'added', object },
    ];
  }
  const version = object.metadata.resourceVersion;
  if (version !== undefined && version === previous.metadata.resourceVersion) return [];
  return [{ type: 'updated', object, previous }];
}
