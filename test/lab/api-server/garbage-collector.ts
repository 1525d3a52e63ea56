import type { KubeObject } from '../kubernetes.ts';
import type { ObjectRef, ObjectWriter } from './object-writer.ts';
import { collectionOf, type ResourceType } from './resource-type.ts';
import type { Change, ObjectStore } from './store.ts';
import type { TypeRegistry } from './type-registry.ts';

/**
 * Deletes what has lost every owner (background propagation), empties and removes terminating namespaces, and drops the
 * objects of a deleted CustomResourceDefinition: the parts of kube-controller-manager that any object relies on.
 * Work is done after the write that caused it was answered. The returned function ends it.
 */
export function startGarbageCollector(
  store: ObjectStore,
  writer: ObjectWriter,
  types: TypeRegistry,
): () => void {
  const pending = new Set<NodeJS.Immediate>();
  const later = (work: () => void): void => {
    const immediate = setImmediate(() => {
      pending.delete(immediate);
      work();
    });
    pending.add(immediate);
  };
  const end = store.subscribe((change) => {
    if (change.collection === '/namespaces' && change.type === 'MODIFIED')
      later(() => emptyNamespace(change.object));
    if (change.type === 'DELETED') later(() => afterDeletion(change));
    else if (change.object.metadata.ownerReferences?.length)
      later(() => deleteIfOrphaned(change.collection, change.object));
  });

  const afterDeletion = (change: Change): void => {
    const { uid } = change.object.metadata;
    for (const [collection, , object] of store.all()) {
      const isDependent = object.metadata.ownerReferences?.some((owner) => owner.uid === uid);
      if (isDependent) deleteIfOrphaned(collection, object);
    }
    const namespace = store.get('/namespaces', `/${change.object.metadata.namespace}`);
    if (namespace?.metadata.deletionTimestamp !== undefined) removeIfEmpty(namespace);
  };

  const deleteIfOrphaned = (collection: string, object: KubeObject): void => {
    const ref = refOf(types, collection, object);
    const current = ref && store.get(collection, `${ref.namespace}/${ref.name}`);
    const owners = current?.metadata.ownerReferences ?? [];
    if (ref === undefined || current === undefined || owners.length === 0) return;
    if (current.metadata.uid !== object.metadata.uid) return;
    const isGone = owners.every((owner) => {
      const type = types.findKind(owner.apiVersion, owner.kind);
      if (type === undefined) return false;
      const namespace = type.namespaced ? (object.metadata.namespace ?? '') : '';
      return store.get(collectionOf(type), `${namespace}/${owner.name}`)?.metadata.uid !== owner.uid;
    });
    if (isGone && current.metadata.deletionTimestamp === undefined) writer.delete(ref, {});
  };

  const emptyNamespace = (namespace: KubeObject): void => {
    if (namespace.metadata.deletionTimestamp === undefined) return;
    for (const [collection, , object] of contentOf(store, namespace)) {
      const ref = refOf(types, collection, object);
      if (ref !== undefined && object.metadata.deletionTimestamp === undefined) writer.delete(ref, {});
    }
    removeIfEmpty(namespace);
  };

  const removeIfEmpty = (namespace: KubeObject): void => {
    if (contentOf(store, namespace).length === 0) store.remove('/namespaces', `/${namespace.metadata.name}`);
  };

  return () => {
    end();
    for (const immediate of pending) clearImmediate(immediate);
  };
}

/** Takes a deleted owner out of its dependents' references, so that they stay (`propagationPolicy: Orphan`). */
export function orphanDependents(store: ObjectStore, owner: KubeObject): void {
  const { uid } = owner.metadata;
  for (const [collection, key, object] of store.all()) {
    const owners = object.metadata.ownerReferences ?? [];
    const others = owners.filter((reference) => reference.uid !== uid);
    if (others.length === owners.length) continue;
    store.put(collection, key, { ...object, metadata: { ...object.metadata, ownerReferences: others } });
  }
}

function contentOf(store: ObjectStore, namespace: KubeObject): ReturnType<ObjectStore['all']> {
  return store.all().filter(([, , object]) => object.metadata.namespace === namespace.metadata.name);
}

function refOf(types: TypeRegistry, collection: string, object: KubeObject): ObjectRef | undefined {
  const type = types.all().find((candidate: ResourceType) => collectionOf(candidate) === collection);
  return type && { type, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}
