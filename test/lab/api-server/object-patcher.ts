import { parse } from 'yaml';
import { isObject, type KubeObject } from '../kubernetes.ts';
import { inVersion } from './object-reader.ts';
import { keyOf, type ObjectRef, type ObjectWriter, type WriteOptions } from './object-writer.ts';
import { JsonPatchError, jsonPatch, mergePatch, strategicMergePatch } from './patches.ts';
import { collectionOf } from './resource-type.ts';
import { ApiError, badRequest, invalid, notFound, unsupportedMediaType } from './status.ts';
import type { ObjectStore } from './store.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** A PATCH request. */
export interface Patch {
  readonly contentType: string;
  readonly body: string;
  readonly fieldManager: string;
  readonly subresource: '' | 'status';
}

/**
 * Applies a patch: JSON patch, merge patch, strategic merge patch (built-in types only), or server-side apply, which here
 * creates or merges but keeps no field ownership. Throws 400, 404, 409, 415 or 422.
 */
export function patchObject(
  store: ObjectStore,
  writer: ObjectWriter,
  ref: ObjectRef,
  patch: Patch,
  options: WriteOptions,
): { object: KubeObject; created: boolean } {
  const current = store.get(collectionOf(ref.type), keyOf(ref));
  if (patch.contentType === APPLY_PATCH) return applyObject(writer, ref, current, patch, options);
  const content = decode(patch.body, JSON.parse);
  const patched = patchWith(ref, current, patch.contentType, content);
  return {
    object: strictly(ref, patch, () => writer.update(ref, patched, patch.subresource, options)),
    created: false,
  };
}

function patchWith(
  ref: ObjectRef,
  current: KubeObject | undefined,
  contentType: string,
  content: unknown,
): unknown {
  const { type, name } = ref;
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(type.custom ? [] : [STRATEGIC_MERGE_PATCH]), APPLY_PATCH];
  if (!accepted.includes(contentType)) throw unsupportedMediaType(accepted);
  if (current === undefined) throw notFound(type, name);
  const target = inVersion(type, current);
  if (contentType === MERGE_PATCH) return mergePatch(target, content);
  if (contentType === STRATEGIC_MERGE_PATCH) return strategicMergePatch(target, content);
  try {
    return jsonPatch(target, content);
  } catch (error) {
    if (error instanceof JsonPatchError) throw new ApiError(422, 'Invalid', error.message);
    throw error;
  }
}

function applyObject(
  writer: ObjectWriter,
  ref: ObjectRef,
  current: KubeObject | undefined,
  patch: Patch,
  options: WriteOptions,
): { object: KubeObject; created: boolean } {
  if (patch.fieldManager === '') {
    const message = 'Required value: is required for apply patch';
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      { reason: 'FieldValueRequired', field: 'fieldManager', message },
    ]);
  }
  const content = decode(patch.body, parse);
  if (!isObject(content)) throw badRequest('the apply configuration is not an object');
  if (current !== undefined) {
    const merged = strategicMergePatch(inVersion(ref.type, current), content);
    return { object: writer.update(ref, merged, patch.subresource, options), created: false };
  }
  if (patch.subresource !== '') throw notFound(ref.type, ref.name);
  const metadata = { ...(isObject(content['metadata']) ? content['metadata'] : {}), name: ref.name };
  return { object: writer.create(ref.type, ref.namespace, { ...content, metadata }, options), created: true };
}

/** A strict decoding error in a patch is told as a 422 about the patch, not as a 400. */
function strictly(ref: ObjectRef, patch: Patch, write: () => KubeObject): KubeObject {
  try {
    return write();
  } catch (error) {
    const strict =
      error instanceof ApiError ? /strict decoding error: .*/s.exec(error.message)?.[0] : undefined;
    if (strict === undefined) throw error;
    const message = `Invalid value: ${JSON.stringify(patch.body)}: ${strict}`;
    throw invalid({ group: '', kind: '' }, ref.name, [
      { reason: 'FieldValueInvalid', field: 'patch', message },
    ]);
  }
}

function decode(text: string, parseText: (text: string) => unknown): unknown {
  try {
    return parseText(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : String(error)}`);
  }
}
