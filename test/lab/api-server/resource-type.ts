import type { JsonObject, KubeObject } from '../kubernetes.ts';
import type { StatusCause } from './status.ts';

/** One column of a table, as `meta/v1 TableColumnDefinition`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, anything higher with `-o wide` only. */
  readonly priority: number;
}

/** How objects of a type become rows. */
export interface Printer {
  readonly columns: readonly Column[];
  cells(object: KubeObject, now: Date): unknown[];
}

/** What a custom resource adds to a built-in type: its schema at work. */
export interface ObjectSchema {
  /** The structural schema, published for `kubectl explain`. */
  readonly openAPIV3Schema: JsonObject;
  /** Drops what the schema does not know (and sets defaults); `unknown` holds the paths of what went. */
  prune(object: KubeObject): { object: KubeObject; unknown: string[] };
  /** Every violation of the schema and of its rules; unchanged parts of `old` are not held against an update. */
  validate(object: KubeObject, old: KubeObject | undefined): StatusCause[];
}

/** One kind of object that the server serves. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Whether `/status` exists, and with it the split of what each path may write. */
  readonly statusSubresource: boolean;
  /** Whether objects carry `metadata.generation`. */
  readonly generation: boolean;
  /** Field selectors beside `metadata.name` and `metadata.namespace`. */
  readonly fieldSelectors: readonly string[];
  /** Further subresources, for discovery. */
  readonly subresources: readonly string[];
  readonly printer: Printer;
  /** Present for custom resources only. */
  readonly schema?: ObjectSchema;
  /** Served from a CustomResourceDefinition: no strategic merge, and an update must name its resourceVersion. */
  readonly custom: boolean;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** Where objects of a type are stored, whatever version they are served in. */
export function collectionOf(type: Pick<ResourceType, 'group' | 'plural'>): string {
  return `${type.group}/${type.plural}`;
}
