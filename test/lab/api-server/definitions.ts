import type { KubeObject } from '../kubernetes.ts';
import { customResourceTypes, established } from './custom-resources.ts';
import type { ObjectStore } from './store.ts';
import type { TypeRegistry } from './type-registry.ts';

/** Refuses a CustomResourceDefinition that cannot be served, and gives a new one its status. */
export function admitDefinition(object: KubeObject, old: KubeObject | undefined, now: Date): KubeObject {
  customResourceTypes(object);
  return old?.status === undefined ? established(object, now) : object;
}

/**
 * Serves custom resources as soon as their definition is stored, and drops them with it. The returned function ends it.
 */
export function serveDefinitions(store: ObjectStore, types: TypeRegistry): () => void {
  return store.subscribe(({ collection, type, object }) => {
    if (collection !== 'apiextensions.k8s.io/customresourcedefinitions') return;
    const [plural = ''] = object.metadata.name.split('.');
    const group = object.metadata.name.slice(plural.length + 1);
    types.remove(group, plural);
    if (type !== 'DELETED') {
      for (const served of customResourceTypes(object)) types.add(served);
      return;
    }
    for (const [key] of store.list(`${group}/${plural}`)) store.remove(`${group}/${plural}`, key);
  });
}
