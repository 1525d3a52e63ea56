import { isDeepStrictEqual } from 'node:util';
import { type KubeObject, type ObjectMeta, timestamp } from '../kubernetes.ts';
import { withCreationDefaults } from './admission.ts';
import { builtInCauses } from './built-in-validation.ts';
import { metadataCauses } from './metadata-validation.ts';
import { generatedName } from './names.ts';
import { type DecodeOptions, decodeObject } from './object-decoder.ts';
import { assertPreconditions, type DeleteOptions, deletionOf, mayGo } from './object-deletion.ts';
import { withMainOf, withStatusOf } from './object-merging.ts';
import { collectionOf, type ResourceType } from './resource-type.ts';
import { ApiError, alreadyExists, badRequest, conflict, invalid, notFound } from './status.ts';
import type { ObjectStore } from './store.ts';

/** Where an object lives. `namespace` is empty for cluster-scoped types. */
export interface ObjectRef {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
}

/** The query parameters that steer a write. */
export interface WriteOptions extends DecodeOptions {
  readonly dryRun?: boolean;
}

/** What a writer needs beside the store; time, uids and name suffixes come from outside. */
export interface WriterContext {
  readonly now: () => Date;
  readonly uid: () => string;
  readonly nameSuffix: () => string;
  /** Called before an object is stored: may refuse it, or return what is stored instead. */
  readonly admit: (type: ResourceType, object: KubeObject, old: KubeObject | undefined) => KubeObject;
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
    const given = decodeObject(type, { namespace }, body, options);
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
    const { type } = ref;
    const current = this.#require(ref);
    const given = decodeObject(type, ref, body, options);
    this.#assertVersion(ref, current, given.metadata);
    const next = subresource === 'status' ? withStatusOf(current, given) : withMainOf(type, current, given);
    if (isDeepStrictEqual(next, current)) return current;
    this.#validate(type, next, current);
    const admitted = this.#context.admit(type, next, current);
    if (options.dryRun) return admitted;
    const stored = this.#store.put(collectionOf(type), keyOf(ref), admitted);
    return mayGo(type, stored) ? (this.#store.remove(collectionOf(type), keyOf(ref)) ?? stored) : stored;
  }

  /**
   * Deletes an object: at once, or for a running pod with a grace period and for anything with finalizers by setting
   * `deletionTimestamp`. `gone` says which it was. Throws 404 or 409.
   */
  delete(ref: ObjectRef, options: DeleteOptions): { object: KubeObject; gone: boolean } {
    const { type } = ref;
    const current = this.#require(ref);
    assertPreconditions(type, current, options.preconditions);
    const deletion = deletionOf(type, current, options.gracePeriodSeconds, this.#context.now());
    if (deletion.does === 'nothing') return { object: current, gone: false };
    if (deletion.does === 'mark') {
      const marked = deletion.object;
      const stored = options.dryRun ? marked : this.#store.put(collectionOf(type), keyOf(ref), marked);
      return { object: stored, gone: false };
    }
    const removed = options.dryRun ? current : this.#store.remove(collectionOf(type), keyOf(ref));
    return { object: removed ?? current, gone: true };
  }

  #require(ref: ObjectRef): KubeObject {
    const current = this.#store.get(collectionOf(ref.type), keyOf(ref));
    if (current === undefined) throw notFound(ref.type, ref.name);
    return current;
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

  #validate(type: ResourceType, object: KubeObject, old: KubeObject | undefined): void {
    const meta = metadataCauses(object.metadata);
    const content =
      type.schema === undefined ? builtInCauses(type, object) : type.schema.validate(object, old);
    const causes = [...meta, ...content];
    if (causes.length > 0) throw invalid(type, object.metadata.name, causes);
  }
}

/** The key of an object in its collection. */
export function keyOf(ref: { readonly namespace: string; readonly name: string }): string {
  return `${ref.namespace}/${ref.name}`;
}
