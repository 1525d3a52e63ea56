import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { ShippedObject } from '../../real/shipped/files.ts';

interface Kustomization {
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly patches?: readonly {
    readonly target?: { readonly kind: string; readonly name: string };
    readonly patch?: string;
  }[];
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

/**
 * What kustomize makes of a folder, as far as resources, one namespace and patches of RFC 6902 that add or replace go: all that tells
 * what a namespace and its NetworkPolicies say. What kustomize itself makes of it is for the tests with a real kubectl.
 */
export function kustomized(folder: string): ShippedObject[] {
  const content = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
  const objects = (content.resources ?? []).flatMap((name) => objectsAt(join(folder, name)));
  for (const { target, patch } of content.patches ?? []) {
    const operations: unknown = patch === undefined ? undefined : parse(patch);
    if (!Array.isArray(operations)) continue;
    for (const object of objects)
      if (object.kind === target?.kind && object.metadata.name === target.name)
        for (const operation of operations as Operation[]) apply(object, operation);
  }
  const { namespace } = content;
  if (namespace === undefined) return objects;
  return objects.map((object) =>
    object.kind === 'Namespace' ? object : { ...object, metadata: { ...object.metadata, namespace } },
  );
}

function objectsAt(path: string): ShippedObject[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isDirectory()) return kustomized(path);
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as ShippedObject);
}

function apply(object: object, { op, path, value }: Operation): void {
  if (op !== 'add' && op !== 'replace') return;
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], object);
  if (Array.isArray(parent) && last === '-') parent.push(value);
  else (parent as Record<string, unknown>)[last] = value;
}
