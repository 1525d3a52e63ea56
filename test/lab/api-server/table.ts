import type { KubeList, KubeObject, ObjectMeta } from '../kubernetes.ts';
import type { Column, ResourceType } from './resource-type.ts';

/** One row: its cells and, unless it was asked for without, the object's metadata or the object. */
export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: unknown;
}

/** A `meta.k8s.io/v1 Table`: what `kubectl get` prints. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: KubeList['metadata'];
  readonly columnDefinitions: readonly Column[];
  readonly rows: readonly TableRow[];
}

/** What each row carries beside its cells (`includeObject`). */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** Renders objects as a table in the columns of their type. */
export function toTable(
  type: ResourceType,
  objects: readonly KubeObject[],
  metadata: KubeList['metadata'],
  include: IncludeObject,
  now: Date,
): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: type.printer.columns,
    rows: objects.map((object) => ({
      cells: type.printer.cells(object, now),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partialMetadata(object) }),
    })),
  };
}

/** An object cut down to its metadata. */
export function partialMetadata(object: KubeObject): {
  kind: string;
  apiVersion: string;
  metadata: ObjectMeta;
} {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
