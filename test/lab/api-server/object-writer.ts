import { isDeepStrictEqual } from 'node:util';
import { isObject, type KubeObject, type ObjectMeta, timestamp } from '../kubernetes.ts';
import { withCreationDefaults } from './admission.ts';
import { generatedName, nameCause } from './names.ts';
import { apiVersionOf, collectionOf, type ResourceType } from './resource-type.ts';
import { ApiError, alreadyExists, badRequest, conflict, invalid, notFound } from './status.ts';
import type { ObjectStore } from './store.ts';

/** Where an object lives. `namespace` is empty for cluster-scoped types. */
export interface ObjectRef {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
}

/** The query parameters that steer a write. */
export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Receives a text for each field dropped under `Warn`. */
  readonly warn?: (text: string) => void;
}

/** What a writer needs beside the store; time, uids and name suffixes come from outside. */
export interface WriterContext {
  readonly now: () => Date;
  readonly uid: () => string;
  readonly nameSuffix: () => string;
  /** Called before an object is stored: may refuse it, or return what is stored instead. */
  readonly admit: (type: ResourceType, object: KubeObject, old: KubeObject | undefined) => KubeObject;
}

/** How a delete is meant (`meta/v1 DeleteOptions`). */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** Create, update and delete with the rules that hold for every type: metadata, generations, subresources, conflicts, validation. */
export class ObjectWriter {
  readonly #store: ObjectStore;
  readonly #context: WriterContext;

  constructor(store: ObjectStore, context: WriterContext) {
    this.#store = store;
    this.#context = context;
  }

  /** Throws 400, 404 (no such namespace), 409 or 422. */
  create(type: ResourceType, namespace: string, body: unknown, options: WriteOptions): KubeObject {
    const given = this.#decode(type, namespace, body, undefined, options);
    const meta = given.metadata;
    if (meta.resourceVersion !== undefined && meta.resourceVersion !== '') {
      throw badRequest('resourceVersion should not be set on objects to be created');
    }
    const name =
      meta.name ??
      (meta.generateName === undefined ? '' : generatedName(meta.generateName, this.#context.nameSuffix));
    if (name === '') {
      const message = 'Required value: name or generateName is required';
      throw invalid(type, '', [{ reason: 'FieldValueRequired', field: 'metadata.name', message }]);
    }
    const wrongName = nameCause(name);
    if (wrongName !== undefined) throw invalid(type, name, [wrongName]);
    this.#assertNamespace(type, namespace, name);
    const { deletionTimestamp: _, deletionGracePeriodSeconds: __, generation: ___, ...kept } = meta;
    const object = withCreationDefaults(
      {
        ...given,
        metadata: {
          ...kept,
          name,
          ...(type.namespaced ? { namespace } : {}),
          uid: this.#context.uid(),
          creationTimestamp: timestamp(this.#context.now()),
          ...(type.generation ? { generation: 1 } : {}),
        },
      },
      type,
    );
    const key = keyOf({ namespace, name });
    if (this.#store.get(collectionOf(type), key) !== undefined) throw alreadyExists(type, name);
    this.#validate(type, object, undefined);
    const admitted = this.#context.admit(type, object, undefined);
    return options.dryRun ? admitted : this.#store.put(collectionOf(type), key, admitted);
  }

  /**
   * Replaces an object, or with `subresource: 'status'` only its status. A `resourceVersion` or `uid` in the body must be
   * the stored one. A write that changes nothing makes no new version. Throws 400, 404, 409 or 422.
   */
  update(ref: ObjectRef, body: unknown, subresource: '' | 'status', options: WriteOptions): KubeObject {
    const { type, namespace } = ref;
    const current = this.#require(ref);
    const given = this.#decode(type, namespace, body, current, options);
    this.#assertVersion(ref, current, given.metadata);
    const next =
      subresource === 'status' ? withStatusOf(current, given) : this.#withMainOf(type, current, given);
    if (isDeepStrictEqual(next, current)) return current;
    this.#validate(type, next, current);
    const admitted = this.#context.admit(type, next, current);
    if (options.dryRun) return admitted;
    const stored = this.#store.put(collectionOf(type), keyOf(ref), admitted);
    return mayGo(stored) ? (this.#store.remove(collectionOf(type), keyOf(ref)) ?? stored) : stored;
  }

  /**
   * Deletes an object: at once, or for a running pod with a grace period and for anything with finalizers by setting
   * `deletionTimestamp`. `gone` says which it was. Throws 404 or 409.
   */
  delete(ref: ObjectRef, options: DeleteOptions): { object: KubeObject; gone: boolean } {
    const { type, name } = ref;
    const current = this.#require(ref);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw conflict(
        type,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      );
    }
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      const stored = current.metadata.resourceVersion;
      throw conflict(
        type,
        name,
        `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${stored}`,
      );
    }
    const seconds = graceSeconds(type, current, options.gracePeriodSeconds);
    if (seconds === 0 && !isHeld(type, current)) {
      if (options.dryRun) return { object: current, gone: true };
      return { object: this.#store.remove(collectionOf(type), keyOf(ref)) ?? current, gone: true };
    }
    const before = current.metadata.deletionGracePeriodSeconds;
    if (before !== undefined && before <= seconds) return { object: current, gone: false };
    const deletionTimestamp = timestamp(new Date(this.#context.now().getTime() + seconds * 1000));
    const { generation } = current.metadata;
    const metadata: ObjectMeta = {
      ...current.metadata,
      deletionTimestamp:
        before === 0 ? (current.metadata.deletionTimestamp ?? deletionTimestamp) : deletionTimestamp,
      deletionGracePeriodSeconds: seconds,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    };
    const terminating: KubeObject = { ...current, metadata };
    if (isNamespace(type)) terminating.status = { ...current.status, phase: 'Terminating' };
    return {
      object: options.dryRun ? terminating : this.#store.put(collectionOf(type), keyOf(ref), terminating),
      gone: false,
    };
  }

  #require(ref: ObjectRef): KubeObject {
    const current = this.#store.get(collectionOf(ref.type), keyOf(ref));
    if (current === undefined) throw notFound(ref.type, ref.name);
    return current;
  }

  #decode(
    type: ResourceType,
    namespace: string,
    body: unknown,
    current: KubeObject | undefined,
    options: WriteOptions,
  ): KubeObject {
    if (!isObject(body)) throw badRequest('the object provided is unrecognized: it is not a JSON object');
    const apiVersion = apiVersionOf(type);
    if (body['apiVersion'] !== undefined && body['apiVersion'] !== apiVersion) {
      throw badRequest(
        `the API version in the data (${body['apiVersion']}) does not match the expected API version (${apiVersion})`,
      );
    }
    if (body['kind'] !== undefined && body['kind'] !== type.kind) {
      throw badRequest(
        `the kind in the data (${body['kind']}) does not match the expected kind (${type.kind})`,
      );
    }
    const { managedFields: _, ...metadata } = isObject(body['metadata']) ? body['metadata'] : {};
    const object: KubeObject = {
      ...body,
      apiVersion,
      kind: type.kind,
      metadata: dropNulls(metadata) as unknown as ObjectMeta,
    };
    const inBody = object.metadata.namespace;
    if (inBody !== undefined && inBody !== '' && inBody !== namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    if (
      current !== undefined &&
      object.metadata.name !== undefined &&
      object.metadata.name !== current.metadata.name
    ) {
      throw badRequest(
        `the name of the object (${object.metadata.name}) does not match the name on the URL (${current.metadata.name})`,
      );
    }
    return type.schema === undefined ? object : prune(type, type.schema.prune(object), options);
  }

  #assertNamespace(type: ResourceType, namespace: string, name: string): void {
    if (!type.namespaced) return;
    const existing = this.#store.get('/namespaces', keyOf({ namespace: '', name: namespace }));
    if (existing === undefined) {
      throw new ApiError(404, 'NotFound', `namespaces "${namespace}" not found`, {
        name: namespace,
        kind: 'namespaces',
      });
    }
    if (existing.metadata.deletionTimestamp !== undefined) {
      const message = `${type.plural} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`;
      throw new ApiError(403, 'Forbidden', message, { name, kind: type.plural });
    }
  }

  #assertVersion({ type, name }: ObjectRef, current: KubeObject, given: ObjectMeta): void {
    const version = given.resourceVersion ?? '';
    if (version === '' && type.custom) {
      const message = 'Invalid value: 0: must be specified for an update';
      throw invalid(type, name, [
        { reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', message },
      ]);
    }
    if (given.uid !== undefined && given.uid !== current.metadata.uid) {
      throw conflict(
        type,
        name,
        `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${current.metadata.uid}`,
      );
    }
    if (version !== '' && version !== current.metadata.resourceVersion) throw conflict(type, name);
  }

  #withMainOf(type: ResourceType, current: KubeObject, given: KubeObject): KubeObject {
    const {
      uid,
      resourceVersion,
      creationTimestamp,
      generation,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      namespace,
    } = current.metadata;
    const systemOwned = {
      uid,
      resourceVersion,
      creationTimestamp,
      generation,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      namespace,
    };
    const metadata = dropUndefined({
      ...given.metadata,
      ...systemOwned,
      name: current.metadata.name,
    }) as unknown as ObjectMeta;
    const { status: givenStatus, ...rest } = given;
    const status = type.statusSubresource ? current.status : givenStatus;
    const next: KubeObject = { ...rest, metadata, ...(status === undefined ? {} : { status }) } as KubeObject;
    if (
      generation !== undefined &&
      !isDeepStrictEqual(desiredState(type, next), desiredState(type, current))
    ) {
      next.metadata.generation = generation + 1;
    }
    return next;
  }

  #validate(type: ResourceType, object: KubeObject, old: KubeObject | undefined): void {
    const causes = type.schema?.validate(object, old) ?? [];
    if (causes.length > 0) throw invalid(type, object.metadata.name, causes);
  }
}

/** The key of an object in its collection. */
export function keyOf(ref: { readonly namespace: string; readonly name: string }): string {
  return `${ref.namespace}/${ref.name}`;
}

function withStatusOf(current: KubeObject, given: KubeObject): KubeObject {
  const { status: _, ...rest } = current;
  return (given.status === undefined ? rest : { ...rest, status: given.status }) as KubeObject;
}

function desiredState(type: ResourceType, object: KubeObject): unknown {
  const { metadata: _, status, ...rest } = object;
  return type.statusSubresource ? rest : { ...rest, status };
}

function mayGo(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0;
}

function isNamespace(type: ResourceType): boolean {
  return type.kind === 'Namespace' && type.group === '';
}

function isHeld(type: ResourceType, object: KubeObject): boolean {
  return isNamespace(type) || (object.metadata.finalizers ?? []).length > 0;
}

function graceSeconds(type: ResourceType, object: KubeObject, asked: number | undefined): number {
  if (type.kind !== 'Pod' || type.group !== '') return 0;
  const phase = object.status?.['phase'];
  const isRunning = object.spec?.['nodeName'] !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
  return isRunning ? Math.max(0, asked ?? Number(object.spec?.['terminationGracePeriodSeconds'] ?? 30)) : 0;
}

function prune(
  type: ResourceType,
  pruned: { object: KubeObject; unknown: string[] },
  options: WriteOptions,
): KubeObject {
  if (pruned.unknown.length > 0 && options.fieldValidation === 'Strict') {
    const fields = pruned.unknown.map((path) => `unknown field "${path}"`).join(', ');
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${fields}`,
    );
  }
  if (options.fieldValidation !== 'Ignore') {
    for (const path of pruned.unknown) options.warn?.(`unknown field "${path}"`);
  }
  return pruned.object;
}

function dropNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

function dropUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
