import { type KubeObject, type ObjectMeta, timestamp } from '../kubernetes.ts';
import type { ResourceType } from './resource-type.ts';
import { conflict } from './status.ts';

/** How a delete is meant (`meta/v1 DeleteOptions`). */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** What a delete does to an object: it goes, it is marked as going, or it is marked already. */
export type Deletion =
  | { readonly does: 'remove' | 'nothing' }
  | { readonly does: 'mark'; readonly object: KubeObject };

/** Throws a 409 when a precondition does not hold. */
export function assertPreconditions(
  type: ResourceType,
  { metadata }: KubeObject,
  preconditions: DeleteOptions['preconditions'] = {},
): void {
  const differs = (field: 'uid' | 'resourceVersion', title: string): void => {
    const wanted = preconditions[field];
    if (wanted === undefined || wanted === metadata[field]) return;
    const why = `Precondition failed: ${title} in precondition: ${wanted}, ${title} in object meta: ${metadata[field]}`;
    throw conflict(type, metadata.name, why);
  };
  differs('uid', 'UID');
  differs('resourceVersion', 'ResourceVersion');
}

/**
 * Decides what a delete does: a running pod is given its grace period, what has finalizers waits for them, a namespace
 * for its content; all else goes at once. A later delete can only shorten the grace period.
 */
export function deletionOf(
  type: ResourceType,
  object: KubeObject,
  asked: number | undefined,
  now: Date,
): Deletion {
  const seconds = graceSeconds(type, object, asked);
  if (seconds === 0 && !isHeld(type, object)) return { does: 'remove' };
  const { deletionGracePeriodSeconds: before, generation } = object.metadata;
  if (before !== undefined && before <= seconds) return { does: 'nothing' };
  const metadata: ObjectMeta = {
    ...object.metadata,
    deletionTimestamp: timestamp(new Date(now.getTime() + seconds * 1000)),
    deletionGracePeriodSeconds: seconds,
    ...(generation === undefined ? {} : { generation: generation + 1 }),
  };
  const marked: KubeObject = { ...object, metadata };
  if (isNamespace(type)) marked.status = { ...object.status, phase: 'Terminating' };
  return { does: 'mark', object: marked };
}

/** Whether an object that was marked has nothing left to wait for. */
export function mayGo(type: ResourceType, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && !isHeld(type, object);
}

function isHeld(type: ResourceType, object: KubeObject): boolean {
  return isNamespace(type) || (object.metadata.finalizers ?? []).length > 0;
}

function isNamespace(type: ResourceType): boolean {
  return type.kind === 'Namespace' && type.group === '';
}

function graceSeconds(type: ResourceType, object: KubeObject, asked: number | undefined): number {
  if (type.kind !== 'Pod' || type.group !== '') return 0;
  const phase = object.status?.['phase'];
  const isRunning = object.spec?.['nodeName'] !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
  return isRunning ? Math.max(0, asked ?? Number(object.spec?.['terminationGracePeriodSeconds'] ?? 30)) : 0;
}
