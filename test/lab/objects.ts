import type { KubeObject } from './kubernetes.ts';
import { LabApiError, type LabClient } from './lab-client.ts';
import { collectionPath, objectPath } from './object-path.ts';

/** What names an object of the lab. */
export type ObjectName = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

/** Creates an object, or merges it into the one that exists. */
export async function applyObject(client: LabClient, object: KubeObject): Promise<KubeObject> {
  try {
    return await client.create(collectionPath(object), object);
  } catch (error) {
    if (!(error instanceof LabApiError) || error.reason !== 'AlreadyExists') throw error;
    return client.patch(objectPath(object), object);
  }
}

/** The first state of an object for which the condition holds; rejects when the signal fires or the watch ends. */
export async function waitFor(
  client: LabClient,
  object: ObjectName,
  condition: (object: KubeObject) => boolean,
  signal?: AbortSignal,
): Promise<KubeObject> {
  const path = `${collectionPath(object)}?fieldSelector=metadata.name%3D${object.metadata.name}`;
  for await (const { type, object: seen } of client.watch(path, signal)) {
    if (type !== 'DELETED' && type !== 'BOOKMARK' && condition(seen)) return seen;
  }
  throw new Error(`${object.kind} ${object.metadata.name}: the watch ended before the condition held`);
}

/** An object's kind, namespace and name, for messages. */
export function nameOf({ kind, metadata }: ObjectName): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
