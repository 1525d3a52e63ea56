import { readFile, stat } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { CodedError } from '../../crds/errors.ts';
import { type CanaryAnalysis, KIND } from '../../crds/v1alpha1/canary-analysis.ts';
import { type DecodedSnapshot, decodeSnapshot, SNAPSHOT_KEY } from '../bundle/index.ts';

/** A CanaryAnalysis of a long audit, or a ConfigMap with its evidence in base64, is far smaller. */
const MAX_BYTES = 16 * 1_048_576;

/** What a path on the command line leads to. */
export type PathKind = 'directory' | 'file' | 'nothing';

export async function kindOfPath(path: string): Promise<PathKind> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 'nothing';
  return found.isDirectory() ? 'directory' : 'file';
}

/**
 * The CanaryAnalyses in a YAML or JSON file, of a list too.
 * @throws CodedError `CONFIG_INVALID` naming the file, when there is none in it.
 */
export async function readAnalyses(path: string): Promise<CanaryAnalysis[]> {
  const objects = objectsIn(path, await readBounded(path));
  const analyses = objects.filter(({ kind }) => kind === KIND) as unknown as CanaryAnalysis[];
  if (analyses.length === 0) throw invalid(path, `holds no ${KIND}`);
  for (const { metadata, status } of analyses) {
    if (typeof metadata?.name !== 'string') throw invalid(path, `holds a ${KIND} without metadata.name`);
    if (status !== undefined && (typeof status !== 'object' || status === null))
      throw invalid(path, 'status must be an object');
  }
  return analyses;
}

/**
 * The snapshot in a file: gzip as it is stored, or a ConfigMap that holds it, as YAML or JSON.
 * @throws CodedError `BUNDLE_INVALID` or `CONFIG_INVALID` naming the file.
 */
export async function readSnapshotFile(path: string): Promise<DecodedSnapshot> {
  const bytes = await readBounded(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return decoded(path, bytes);
  const contents = objectsIn(path, bytes).flatMap(({ kind, binaryData }) => {
    if (kind !== 'ConfigMap' || typeof binaryData !== 'object' || binaryData === null) return [];
    const content = (binaryData as Record<string, unknown>)[SNAPSHOT_KEY];
    return typeof content === 'string' ? [content] : [];
  });
  const [content] = contents;
  if (content === undefined)
    throw invalid(path, `is neither a snapshot nor a ConfigMap with ${SNAPSHOT_KEY}`);
  return decoded(path, Buffer.from(content, 'base64'));
}

function decoded(path: string, bytes: Uint8Array): DecodedSnapshot {
  try {
    return decodeSnapshot(bytes);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new CodedError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

async function readBounded(path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw invalid(path, 'is not a file');
    if (found.size > MAX_BYTES) throw invalid(path, `is larger than ${MAX_BYTES} bytes`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw invalid(path, 'cannot be read', cause);
  }
}

type Loose = Readonly<Record<string, unknown>>;

/** The objects of every document, those of lists one by one. */
function objectsIn(path: string, bytes: Buffer): Loose[] {
  const documents = parseAllDocuments(bytes.toString('utf8'));
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw invalid(path, 'is neither YAML nor JSON', error);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      throw invalid(path, 'is neither YAML nor JSON', cause);
    }
    const items: unknown = isObject(value) && Array.isArray(value['items']) ? value['items'] : [value];
    return (items as unknown[]).filter(isObject);
  });
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, what: string, cause?: unknown): CodedError {
  return new CodedError('CONFIG_INVALID', `${path} ${what}`, cause === undefined ? {} : { cause });
}
