import { CodedError } from '../../crds/errors.ts';
import { type Folder, pathIn } from './folder.ts';
import { mismatch, type Shape } from './json-shape.ts';

/** Largest JSON file of a bundle, in bytes. */
const MAX_BYTES = 16 * 1_048_576;

/**
 * Reads and checks a JSON file. The caller names the type that the shape stands for.
 * @throws `BUNDLE_INVALID` naming the file and, when the content has another shape, the first field that is wrong.
 */
export async function readJson<T>(
  folder: Folder,
  path: string,
  shape: Shape,
  signal?: AbortSignal,
): Promise<T> {
  const invalid = (what: string, cause?: unknown): CodedError =>
    new CodedError('BUNDLE_INVALID', `${pathIn(folder, path)}: ${what}`, { cause });
  let text: string;
  try {
    if ((await folder.size(path)) > MAX_BYTES) throw invalid(`is larger than ${MAX_BYTES} bytes`);
    text = new TextDecoder().decode(await folder.read(path, signal));
  } catch (cause) {
    if (cause instanceof CodedError || signal?.aborted) throw cause;
    throw invalid('cannot be read', cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('is not JSON', cause);
  }
  const problem = mismatch(value, shape);
  if (problem !== undefined) throw invalid(problem);
  return dropNulls(value) as T;
}

/** JSON written by other tools says `null` for what is absent. */
function dropNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (field === null ? [] : [[key, dropNulls(field)]])),
  );
}
