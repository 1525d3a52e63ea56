import { CodedError } from '../errors.ts';
import { type ApiCall, apiError, describeCall, isStatus } from './api-error.ts';
import type { KubernetesObject, ObjectList, WatchEvent } from './kubernetes-object.ts';
import { apiVersionOf, type ResourceDefinition } from './resource.ts';

/** The error of an answer that is not what the call asks for; `what` completes "the answer …". */
export function unexpected(call: ApiCall, what: string): CodedError {
  return new CodedError('API_UNEXPECTED', `${describeCall(call)}: the answer ${what}`);
}

/** Parses a body. @throws CodedError `API_UNEXPECTED` */
export function parseJson(call: ApiCall, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unexpected(call, `(${text.length} characters) is not JSON`);
  }
}

/** Items of built-in lists come without apiVersion and kind; objects to create may lack them too. */
export function withType<T extends KubernetesObject>(resource: ResourceDefinition, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

/** Takes a body for an object; the server's schema is trusted for what is in it. @throws CodedError `API_UNEXPECTED` */
export function decodeObject<T extends KubernetesObject>(call: ApiCall, value: unknown): T {
  if (!isObject(value)) throw unexpected(call, 'is not an object with metadata');
  return withType(call.resource, value as T);
}

/** Takes a body for a list. @throws CodedError `API_UNEXPECTED` */
export function decodeList<T extends KubernetesObject>(call: ApiCall, value: unknown): ObjectList<T> {
  if (!isObject(value) || !('items' in value)) throw unexpected(call, 'is not a list');
  const items: unknown = value.items ?? [];
  if (!Array.isArray(items)) throw unexpected(call, 'is not a list');
  return { metadata: value.metadata, items: items.map((item: unknown) => decodeObject<T>(call, item)) };
}

/** Takes a line of a watch for an event. @throws the ApiError of an `ERROR` event; CodedError `API_UNEXPECTED` */
export function decodeEvent<T extends KubernetesObject>(call: ApiCall, line: unknown): WatchEvent<T> {
  if (typeof line !== 'object' || line === null || !('type' in line) || !('object' in line)) {
    throw unexpected(call, 'holds a line that is not a watch event');
  }
  const { type, object } = line;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: decodeObject<T>(call, object) };
    case 'BOOKMARK':
      return { type, object: { metadata: { resourceVersion: versionOf(call, object) } } };
    case 'ERROR':
      if (!isStatus(object)) throw unexpected(call, 'holds an ERROR event without a Status');
      throw apiError(call, object.code ?? 500, object, object.details?.retryAfterSeconds);
    default:
      throw unexpected(call, 'holds an event of an unknown type');
  }
}

function versionOf(call: ApiCall, object: unknown): string {
  const version = isObject(object) ? object.metadata.resourceVersion : undefined;
  if (typeof version !== 'string') throw unexpected(call, 'holds a bookmark without a resource version');
  return version;
}

function isObject(value: unknown): value is { metadata: { resourceVersion?: string } } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'metadata' in value &&
    typeof value.metadata === 'object' &&
    value.metadata !== null
  );
}
