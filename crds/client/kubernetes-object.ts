/** An owner of an object; the garbage collector deletes the object after its last owner. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The metadata of every Kubernetes object; what the server fills in is absent on an object that is yet to be created. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque: compared for equality and handed back, never ordered. */
  readonly resourceVersion?: string;
  /** Counts the changes of `spec`. */
  readonly generation?: number;
  /** RFC 3339, whole seconds. */
  readonly creationTimestamp?: string;
  /** RFC 3339; present while finalizers hold a deleted object. */
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** What every object that the typed client handles has. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** The metadata of a list: where a watch may start, and where the next page begins. */
export interface ListMeta {
  readonly resourceVersion?: string;
  /** Present when there is a next page. */
  readonly continue?: string;
  /** Absent when the server does not know it. */
  readonly remainingItemCount?: number;
}

/** A list, or one page of it. */
export interface ObjectList<T extends KubernetesObject> {
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

/** One of the reasons behind a refusal, mostly a field and what is wrong with it. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What an API server answers instead of an object: a refusal, or the outcome of a delete. */
export interface Status {
  readonly kind: 'Status';
  readonly status?: 'Success' | 'Failure';
  readonly message?: string;
  /** Machine-readable, e.g. `NotFound`, `AlreadyExists`, `Expired`. */
  readonly reason?: string;
  /** The HTTP status. */
  readonly code?: number;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
    readonly retryAfterSeconds?: number;
  };
}

/**
 * One event of a watch. An object that leaves the watch's selector arrives as `DELETED` with the content it had before;
 * a `BOOKMARK` carries nothing but a newer resource version to resume from.
 * The wire's fifth type, `ERROR`, is thrown and not delivered.
 */
export type WatchEvent<T extends KubernetesObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | {
      readonly type: 'BOOKMARK';
      readonly object: { readonly metadata: { readonly resourceVersion: string } };
    };

/**
 * An RFC 7386 merge patch of `T`: absent keeps, `null` removes, an object merges, an array replaces.
 * With `metadata.resourceVersion` in it the server refuses (409) a patch of an object that changed since,
 * with `metadata.uid` one of another object under the same name.
 */
export type MergePatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: MergePatch<T[K]> | null }
    : T;
