import type { KubeObject, WatchEvent } from '../kubernetes.ts';
import { inVersion, type Scope, scopeSelector } from './object-reader.ts';
import { apiVersionOf, collectionOf, type ResourceType } from './resource-type.ts';
import type { Selector } from './selectors.ts';
import { expired, type Status } from './status.ts';
import { type Change, CompactedError, type ObjectStore } from './store.ts';

/**
 * What a watcher with a selector sees of a change. An object that enters the selector arrives as ADDED; one that leaves
 * it arrives as DELETED with its old content under the new resourceVersion (apiserver, `convertToWatchEvent`).
 */
export function visibleEvent(change: Change, type: ResourceType, selects: Selector): WatchEvent | undefined {
  const now = change.type !== 'DELETED' && selects(change.object);
  const before = change.previous !== undefined && selects(change.previous);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: inVersion(type, change.object) };
  if (!before || change.previous === undefined) return undefined;
  const metadata = { ...change.previous.metadata, resourceVersion: String(change.revision) };
  return { type: 'DELETED', object: inVersion(type, { ...change.previous, metadata }) };
}

/** How a watch begins and what it carries. */
export interface WatchOptions {
  readonly scope: Scope;
  /** Absent or `0`: everything that exists arrives as ADDED first. */
  readonly resourceVersion?: string;
  readonly bookmarks: boolean;
  /** Ends the initial ADDED events with a marked bookmark (streaming list). */
  readonly sendInitialEvents: boolean;
}

/** One running watch; ending it stops the events. */
export interface Watch {
  /** Sends a bookmark with the store's revision, where the watcher asked for bookmarks. */
  bookmark(): void;
  end(): void;
}

/**
 * Starts a watch: past events at once, then each change as it commits. A revision that was compacted gives one ERROR
 * event with a 410 Status, and `onExpired` is called. Throws a 400 when a selector does not parse.
 */
export function startWatch(
  store: ObjectStore,
  options: WatchOptions,
  emit: (event: WatchEvent<KubeObject | Status>) => void,
  onExpired: () => void,
): Watch {
  const { scope } = options;
  const { type } = scope;
  const collection = collectionOf(type);
  const selects = scopeSelector(scope);
  const show = (change: Change): void => {
    const event = visibleEvent(change, type, selects);
    if (event !== undefined) emit(event);
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    emit({ type: 'BOOKMARK', object: bookmarkObject(type, store.revision, annotations) });
  };
  const from = Number(options.resourceVersion ?? 0);
  if (from === 0 || options.sendInitialEvents) {
    for (const [, object] of store.list(collection)) {
      if (selects(object)) emit({ type: 'ADDED', object: inVersion(type, object) });
    }
    if (options.sendInitialEvents) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    try {
      for (const change of store.changesSince(collection, from)) show(change);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      const gone = expired(`too old resource version: ${from} (${error.oldest})`);
      emit({ type: 'ERROR', object: gone.status });
      onExpired();
      return { bookmark: () => {}, end: () => {} };
    }
  }
  const end = store.subscribe((change) => {
    if (change.collection === collection) show(change);
  });
  return { bookmark: () => options.bookmarks && bookmark(), end };
}

function bookmarkObject(
  type: ResourceType,
  revision: number,
  annotations?: Record<string, string>,
): KubeObject {
  const metadata = {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(annotations ? { annotations } : {}),
  };
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata } as unknown as KubeObject;
}
