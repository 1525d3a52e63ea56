import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** What is shipped: YAML and templates of YAML, generated and written. */
const FILES = globSync('{kustomize,manifests,examples,crds}/**/*.{yaml,yml,yaml.template}', { cwd: ROOT })
  .filter((path) => !path.includes('node_modules'))
  .sort();

/** An object in a file, as far as the tests read it. */
export interface ShippedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A file of Kubernetes objects. */
export interface ShippedFile {
  readonly path: string;
  readonly text: string;
  readonly objects: readonly ShippedObject[];
}

/** What is shipped, told apart by what a cluster can take. */
export interface Shipped {
  /** Files whose documents are all objects. */
  readonly files: readonly ShippedFile[];
  /** Folders that kustomize renders by themselves. */
  readonly kustomizations: readonly string[];
  /** Folders that only join another kustomization. */
  readonly components: readonly string[];
  /** Files that a kustomization completes: its resources, names of images and namespaces come from it; its patches. */
  readonly parts: readonly string[];
  /** Files that are no objects at all: configurations, values, workflows. */
  readonly others: readonly string[];
}

interface Kustomization {
  readonly kind?: string;
  readonly resources?: readonly string[];
  readonly patches?: readonly { readonly path?: string }[];
  readonly patchesStrategicMerge?: readonly string[];
}

/** Reads everything that is shipped. */
export function readShipped(): Shipped {
  const read = FILES.map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const documents = parseAllDocuments(text).map((document) => {
      if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]?.message}`);
      return document.toJS() as unknown;
    });
    return { path, text, documents: documents.filter((document) => document !== null) };
  });
  const isKustomization = ({ path }: { path: string }): boolean => basename(path) === 'kustomization.yaml';
  const kustomizations = read.filter(isKustomization).map(({ path, documents: [content] }) => {
    const { kind = 'Kustomization', resources = [], ...more } = content as Kustomization;
    const { patches = [], patchesStrategicMerge = [] } = more;
    const files = [
      // Those of a component are applied as they stand.
      ...(kind === 'Component' ? [] : resources),
      ...patches.flatMap(({ path: file }) => file ?? []),
      ...patchesStrategicMerge,
    ];
    return { folder: dirname(path), kind, parts: files.map((file) => join(dirname(path), file)) };
  });
  const parts = new Set(kustomizations.flatMap((one) => one.parts));
  const rest = read.filter((file) => !isKustomization(file) && !parts.has(file.path));
  const [objects, others] = [rest.filter(isObjects), rest.filter((file) => !isObjects(file))];
  return {
    files: objects.map(({ path, text, documents }) => ({
      path,
      text,
      objects: (documents as ShippedObject[]).flatMap(itemsOf),
    })),
    kustomizations: kustomizations.filter(({ kind }) => kind !== 'Component').map(({ folder }) => folder),
    components: kustomizations.filter(({ kind }) => kind === 'Component').map(({ folder }) => folder),
    parts: read.filter(({ path }) => parts.has(path)).map(({ path }) => path),
    others: others.map(({ path }) => path),
  };
}

function isObjects({ documents }: { readonly documents: readonly unknown[] }): boolean {
  return (
    documents.length > 0 &&
    documents.every((document) => {
      const { apiVersion, kind } = (document ?? {}) as Partial<ShippedObject>;
      return typeof apiVersion === 'string' && typeof kind === 'string';
    })
  );
}

/** The items of a List, or the object itself. */
export function itemsOf(object: ShippedObject): ShippedObject[] {
  return object.kind === 'List' ? (object['items'] as ShippedObject[]) : [object];
}
