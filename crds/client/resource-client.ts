import { CodedError, isCoded } from '../errors.ts';
import { type ApiCall, describeCall, readApiError, type Verb } from './api-error.ts';
import { readText } from './body.ts';
import { abortedError, type Clock, systemClock } from './clock.ts';
import { startDeadline } from './deadline.ts';
import { decodeEvent, decodeList, decodeObject, parseJson, unexpected, withType } from './decode.ts';
import { decodeJsonLines } from './json-lines.ts';
import type { KubernetesObject, MergePatch, ObjectList, WatchEvent } from './kubernetes-object.ts';
import { type ObjectRef, type ResourceDefinition, type ResourceTarget, resourcePath } from './resource.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

/** How a {@link ResourceClient} behaves; all optional. */
export interface ResourceClientOptions {
  /** How long one call may take, its body included; a watch has its own. 30 s when absent. */
  readonly timeoutMs?: number;
  /** An answer longer than this is refused. 64 MiB when absent. */
  readonly maxBodyBytes?: number;
  /** The system's when absent. */
  readonly clock?: Clock;
}

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Which objects a list or a watch is about. */
export interface SelectOptions extends CallOptions {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListOptions extends SelectOptions {
  /** The most items on this page; no limit when absent. */
  readonly limit?: number;
  /** From the page before. */
  readonly continue?: string;
  /** Absent: the latest state, read from etcd. */
  readonly resourceVersion?: string;
}

export interface ListAllOptions<T = never> extends SelectOptions {
  /** 500 when absent. */
  readonly pageSize?: number;
  /** Objects that it refuses are let go of page by page; all are kept when absent. */
  readonly keep?: (object: T) => boolean;
}

export interface WatchOptions extends SelectOptions {
  /** Where to start, from a list or an earlier event. */
  readonly resourceVersion?: string;
  /** Ask for events that carry nothing but a newer resource version; true when absent. */
  readonly bookmarks?: boolean;
  /** When the server ends the watch; 300 when absent. 15 s later the client ends it, with `API_UNREACHABLE`. */
  readonly timeoutSeconds?: number;
  /** Called when the server has accepted the watch, before its first event. */
  readonly onOpen?: () => void;
}

/** How strictly the server treats fields that it does not know or that stand twice. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface WriteOptions extends CallOptions {
  /** `Strict` when absent: an object that a server's older schema does not know is refused, not cut down. */
  readonly fieldValidation?: FieldValidation;
  /** Who manages the fields written, in `metadata.managedFields`. */
  readonly fieldManager?: string;
}

export interface PatchOptions extends WriteOptions {
  /** The object itself when absent. */
  readonly subresource?: 'status' | 'scale';
}

export interface DeleteOptions extends CallOptions {
  /** Refuse (409) to delete another object under the same name. */
  readonly uid?: string;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_PAGE_SIZE = 500;
const DEFAULT_WATCH_SECONDS = 300;
const WATCH_GRACE_MS = 15_000;
/** How often a paged list starts over because its snapshot was compacted away. */
const LIST_RESTARTS = 3;

/**
 * The calls for one resource type.
 * Every method rejects with an `ApiError` for an answer that is not 2xx, with `API_UNREACHABLE` when there was none in
 * time, `ABORTED` when the caller's signal fired, and `API_UNEXPECTED` for an answer that is not what was asked for.
 */
export class ResourceClient<T extends KubernetesObject> {
  readonly resource: ResourceDefinition;
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  readonly #maxBodyBytes: number;
  readonly #clock: Clock;

  constructor(transport: Transport, resource: ResourceDefinition, options: ResourceClientOptions = {}) {
    this.resource = resource;
    this.#transport = transport;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
    this.#clock = options.clock ?? systemClock;
  }

  /** Reads one object. */
  async get(ref: ObjectRef, options: CallOptions = {}): Promise<T> {
    const call = this.#call('get', ref);
    return decodeObject<T>(call, await this.#json(call, { method: 'GET' }, options.signal));
  }

  /** Reads one page; `metadata.continue` asks for the next. */
  async list(options: ListOptions = {}): Promise<ObjectList<T>> {
    const call = this.#call('list', scopeOf(options));
    const query = {
      ...selectionQuery(options),
      ...(options.limit === undefined ? {} : { limit: String(options.limit) }),
      ...(options.continue === undefined ? {} : { continue: options.continue }),
      ...(options.resourceVersion === undefined ? {} : { resourceVersion: options.resourceVersion }),
    };
    return decodeList<T>(call, await this.#json(call, { method: 'GET', query }, options.signal));
  }

  /**
   * Reads every page of one snapshot; when that is compacted away between two pages (410) it starts over, three times.
   * Its resource version is where a watch continues.
   */
  async listAll(options: ListAllOptions<T> = {}): Promise<ObjectList<T>> {
    const { pageSize = DEFAULT_PAGE_SIZE, keep = () => true, ...select } = options;
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#listPages(select, pageSize, keep);
      } catch (error) {
        if (!isCoded(error, 'API_EXPIRED') || restarts >= LIST_RESTARTS) throw error;
      }
    }
  }

  async #listPages(
    select: SelectOptions,
    limit: number,
    keep: (object: T) => boolean,
  ): Promise<ObjectList<T>> {
    const items: T[] = [];
    let page = await this.list({ ...select, limit });
    for (;;) {
      for (const item of page.items) if (keep(item)) items.push(item);
      const next = page.metadata.continue;
      if (next === undefined || next === '') return { metadata: page.metadata, items };
      page = await this.list({ ...select, limit, continue: next });
    }
  }

  /** Creates the object under the name and namespace in its metadata; returns it as the server stored it. */
  async create(object: T, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const call = this.#call('create', { name, ...(namespace === undefined ? {} : { namespace }) });
    resourcePath(this.resource, call);
    const request = {
      method: 'POST',
      query: writeQuery(options),
      body: withType(this.resource, object),
    } as const;
    return decodeObject<T>(call, await this.#json(call, request, options.signal));
  }

  /**
   * Merges a patch (RFC 7386) into the object or its subresource; returns the object as the server stored it.
   * A patch that carries `metadata.resourceVersion` is refused with `API_CONFLICT` when the object changed since.
   */
  async patch(ref: ObjectRef, patch: MergePatch<T>, options: PatchOptions = {}): Promise<T> {
    const { subresource } = options;
    const call = this.#call('patch', { ...ref, ...(subresource === undefined ? {} : { subresource }) });
    const request = {
      method: 'PATCH',
      query: writeQuery(options),
      body: patch,
      contentType: 'application/merge-patch+json',
    } as const;
    return decodeObject<T>(call, await this.#json(call, request, options.signal));
  }

  /** Deletes one object, or marks it deleted while finalizers hold it. */
  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<void> {
    const call = this.#call('delete', ref);
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
      ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
    };
    await this.#json(call, { method: 'DELETE', body }, options.signal);
  }

  /**
   * The changes from a resource version on, until the server ends the watch (the loop then ends) or the loop is left.
   * An `ERROR` event is thrown as the `ApiError` it carries, `API_EXPIRED` for a version too old to start from.
   */
  async *watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const call = this.#call('watch', scopeOf(options));
    const timeoutSeconds = options.timeoutSeconds ?? DEFAULT_WATCH_SECONDS;
    const query = {
      watch: 'true',
      ...selectionQuery(options),
      allowWatchBookmarks: String(options.bookmarks ?? true),
      timeoutSeconds: String(timeoutSeconds),
      ...(options.resourceVersion === undefined ? {} : { resourceVersion: options.resourceVersion }),
    };
    const limitMs = timeoutSeconds * 1000 + WATCH_GRACE_MS;
    const deadline = startDeadline(this.#clock, limitMs, options.signal);
    try {
      const response = await this.#send(call, { method: 'GET', query, signal: deadline.signal });
      options.onOpen?.();
      for await (const line of decodeJsonLines(response.body)) yield decodeEvent<T>(call, line);
    } catch (error) {
      throw deadlineError(error, call, deadline.expired, limitMs);
    } finally {
      deadline.dispose();
    }
  }

  #call(verb: Verb, target: ResourceTarget): ApiCall {
    return { verb, resource: this.resource, ...target };
  }

  /** Sends the request and turns an answer that is not 2xx into its error. */
  async #send(call: ApiCall, request: Omit<ApiRequest, 'path'>): Promise<ApiResponse> {
    if (request.signal?.aborted) throw abortedError(request.signal, describeCall(call));
    const response = await this.#transport.request({ ...request, path: pathOf(call) });
    if (response.status < 200 || response.status > 299) throw await readApiError(response, call);
    return response;
  }

  async #json(call: ApiCall, request: Omit<ApiRequest, 'path'>, signal?: AbortSignal): Promise<unknown> {
    const deadline = startDeadline(this.#clock, this.#timeoutMs, signal);
    try {
      const response = await this.#send(call, { ...request, signal: deadline.signal });
      const { text, truncated } = await readText(response.body, this.#maxBodyBytes);
      if (truncated) throw unexpected(call, `is longer than ${this.#maxBodyBytes} bytes`);
      return parseJson(call, text);
    } catch (error) {
      throw deadlineError(error, call, deadline.expired, this.#timeoutMs);
    } finally {
      deadline.dispose();
    }
  }
}

function pathOf(call: ApiCall): string {
  if (call.verb !== 'create') return resourcePath(call.resource, call);
  const { name: _inTheBody, ...collection } = call;
  return resourcePath(call.resource, collection);
}

function scopeOf(options: SelectOptions): ResourceTarget {
  return options.namespace === undefined ? {} : { namespace: options.namespace };
}

function selectionQuery(options: SelectOptions): Record<string, string> {
  return {
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
  };
}

function writeQuery(options: WriteOptions): Record<string, string> {
  return {
    fieldValidation: options.fieldValidation ?? 'Strict',
    ...(options.fieldManager === undefined ? {} : { fieldManager: options.fieldManager }),
  };
}

/** Our own time limit ends a request as a signal does; the caller is told that there was no answer. */
function deadlineError(error: unknown, call: ApiCall, expired: boolean, limitMs: number): unknown {
  if (!expired || !isCoded(error, 'ABORTED')) return error;
  return new CodedError('API_UNREACHABLE', `${describeCall(call)}: no answer within ${limitMs / 1000} s`, {
    cause: error,
  });
}
