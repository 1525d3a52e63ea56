import type { KubeList, KubeObject } from '../kubernetes.ts';
import { apiVersionOf, collectionOf, type ResourceType } from './resource-type.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';
import { ApiError, badRequest, expired } from './status.ts';
import { CompactedError, type ObjectStore } from './store.ts';

/** What of a type a list, watch or deletecollection is about. */
export interface Scope {
  readonly type: ResourceType;
  /** Empty for all namespaces and for cluster-scoped types. */
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Set when the path names one object (a watch of it). */
  readonly name?: string;
}

/** The predicate of a scope. Throws a 400 when a selector does not parse. */
export function scopeSelector(scope: Scope): Selector {
  const byLabel = scope.labelSelector ? labelSelector(scope.labelSelector) : undefined;
  const byField = scope.fieldSelector ? fieldSelector(scope.fieldSelector, scope.type) : undefined;
  return (object) =>
    (scope.namespace === '' || object.metadata.namespace === scope.namespace) &&
    (scope.name === undefined || object.metadata.name === scope.name) &&
    (byLabel?.(object) ?? true) &&
    (byField?.(object) ?? true);
}

/** The paging parameters of a list. */
export interface Page {
  readonly limit?: number;
  readonly continueToken?: string;
  readonly resourceVersion?: string;
}

/**
 * Lists a scope: with `limit` in pages that all show the state of the first one's resourceVersion.
 * Throws 400 for a malformed token, 410 when its revision was compacted, 504 for a resourceVersion of the future.
 */
export function listObjects(store: ObjectStore, scope: Scope, page: Page): KubeList {
  const asked = Number(page.resourceVersion ?? 0);
  if (asked > store.revision) throw tooLargeResourceVersion(asked, store.revision);
  const token = page.continueToken ? decodeToken(page.continueToken) : undefined;
  const revision = token?.revision ?? store.revision;
  const matches = scopeSelector(scope);
  const all = snapshot(store, collectionOf(scope.type), revision).filter(
    ([key, object]) => (token === undefined || key > token.after) && matches(object),
  );
  const items = page.limit ? all.slice(0, page.limit) : all;
  const last = items.at(-1)?.[0];
  const remaining = all.length - items.length;
  return {
    apiVersion: apiVersionOf(scope.type),
    kind: scope.type.listKind,
    metadata: {
      resourceVersion: String(revision),
      ...(remaining > 0 && last !== undefined
        ? { continue: encodeToken({ revision, after: last }), remainingItemCount: remaining }
        : {}),
    },
    items: items.map(([, object]) => inVersion(scope.type, object)),
  };
}

/** The object as the version it is asked in; versions differ in their name alone (conversion strategy None). */
export function inVersion(type: ResourceType, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(type);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** 504 as the watch cache answers it when it waits for a revision that does not come. */
export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function snapshot(store: ObjectStore, collection: string, revision: number): [string, KubeObject][] {
  try {
    return store.list(collection, revision);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
}

interface ContinueToken {
  readonly revision: number;
  readonly after: string;
}

function encodeToken(token: ContinueToken): string {
  return Buffer.from(
    JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.after }),
  ).toString('base64url');
}

function decodeToken(text: string): ContinueToken {
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as {
      rv: unknown;
      start: unknown;
    };
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
  } catch {}
  throw badRequest('continue key is not valid: it was not issued by this server');
}
