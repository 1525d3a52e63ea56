import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A mapping of YAML. */
export type Fields = Readonly<Record<string, unknown>>;

/** One document of a file of the examples. */
export interface Manifest {
  /** Relative to the root. */
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  readonly fields: Fields;
}

/** Every file of YAML under examples, templates of Secrets apart, relative to the root. */
export const FILES = globSync('examples/**/*.yaml', { cwd: ROOT }).sort();
/** What is to be copied and filled in. */
export const TEMPLATES = globSync('examples/**/*.yaml.template', { cwd: ROOT }).sort();

/**
 * The documents of a file.
 * @throws Error that names the file when it is not YAML, or holds an empty document.
 */
export function documentsOf(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(ROOT, path), 'utf8')).map((document) => {
    const fields: unknown = document.toJS();
    if (document.errors.length > 0 || !isFields(fields))
      throw new Error(`${path}: ${document.errors.join('; ') || 'a document that is not a mapping'}`);
    const { kind, metadata } = fields;
    return { path, kind: `${kind ?? ''}`, name: `${isFields(metadata) ? metadata['name'] : ''}`, fields };
  });
}

/** Every document of every file. */
export function manifests(): Manifest[] {
  return FILES.flatMap(documentsOf);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every mapping within a value, itself included. */
export function mappingsIn(value: unknown): Fields[] {
  if (Array.isArray(value)) return value.flatMap(mappingsIn);
  return isFields(value) ? [value, ...Object.values(value).flatMap(mappingsIn)] : [];
}

/** The elements of a list of mappings; none where there is no list. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
