import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectMeta } from '../kubernetes.ts';
import type { ResourceType } from './resource-type.ts';

/** What a write to `/status` makes of an object: its status changes, nothing else does. */
export function withStatusOf(current: KubeObject, given: KubeObject): KubeObject {
  const { status: _, ...rest } = current;
  return (given.status === undefined ? rest : { ...rest, status: given.status }) as KubeObject;
}

/**
 * What a write to the object itself makes of it: everything but what the system owns and, where there is a status
 * subresource, the status. `generation` counts up when more than metadata and such a status changed.
 */
export function withMainOf(type: ResourceType, current: KubeObject, given: KubeObject): KubeObject {
  const { name, namespace, uid, creationTimestamp, resourceVersion, generation } = current.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = current.metadata;
  const owned = { name, namespace, uid, creationTimestamp, resourceVersion, generation };
  const metadata = dropUndefined({
    ...given.metadata,
    ...owned,
    deletionTimestamp,
    deletionGracePeriodSeconds,
  });
  const { status: givenStatus, ...rest } = given;
  const status = type.statusSubresource ? current.status : givenStatus;
  const next = {
    ...rest,
    metadata: metadata as unknown as ObjectMeta,
    ...(status === undefined ? {} : { status }),
  };
  const isChanged = !isDeepStrictEqual(desiredState(type, next), desiredState(type, current));
  if (generation !== undefined && isChanged) next.metadata.generation = generation + 1;
  return next;
}

function desiredState(type: ResourceType, object: KubeObject): unknown {
  const { metadata: _, status, ...rest } = object;
  return type.statusSubresource ? rest : { ...rest, status };
}

function dropUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
