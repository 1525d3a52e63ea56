import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../kubernetes.ts';

/** JSON merge patch (RFC 7386). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

/** The lists that merge by a key, as the `patchMergeKey` tags of core/v1 and apps/v1 have it; the others are replaced. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  addresses: ['type'],
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'port'],
  ownerReferences: ['uid'],
  podIPs: ['ip'],
  hostIPs: ['ip'],
};
const MERGED_SETS = new Set(['finalizers']);
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';

/**
 * Strategic merge patch for what kubectl, the kubelet and controllers send: lists of objects merge by their key,
 * `$patch: delete|replace` and `$deleteFromPrimitiveList` are followed, ordering directives are not needed.
 */
export function strategicMergePatch(target: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch)) return mergeList(Array.isArray(target) ? target : [], patch, field);
  if (!isObject(patch)) return patch;
  if (patch['$patch'] === 'delete') return undefined;
  const replaces = patch['$patch'] === 'replace';
  const merged: Record<string, unknown> = isObject(target) && !replaces ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(DELETE_FROM_LIST)) {
      const listed = name.slice(DELETE_FROM_LIST.length);
      const list = merged[listed];
      if (Array.isArray(list) && Array.isArray(value))
        merged[listed] = list.filter((item) => !value.includes(item));
    } else if (name.startsWith('$')) continue;
    else if (value === null) delete merged[name];
    else merged[name] = strategicMergePatch(merged[name], value, name);
    if (merged[name] === undefined) delete merged[name];
  }
  return merged;
}

function mergeList(target: readonly unknown[], patch: readonly unknown[], field: string): unknown[] {
  if (MERGED_SETS.has(field)) return [...target, ...patch.filter((item) => !target.includes(item))];
  const keys = MERGE_KEYS[field];
  const key = keys?.find((candidate) =>
    patch.every((item) => isObject(item) && (candidate in item || item['$patch'] === 'replace')),
  );
  if (key === undefined) return patch.map((item) => strategicMergePatch(undefined, item));
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => isObject(item) && item['$patch'] !== 'replace');
  }
  const merged = [...target];
  for (const item of patch) {
    if (!isObject(item)) continue;
    const index = merged.findIndex((existing) => isObject(existing) && existing[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index < 0) merged.push(strategicMergePatch(undefined, item));
    else merged[index] = strategicMergePatch(merged[index], item);
  }
  return merged;
}

/** A JSON patch that cannot be applied. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
}

/** JSON patch (RFC 6902). Throws {@link JsonPatchError} when an operation is malformed, its target is absent, or a test fails. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new JsonPatchError('a JSON patch is a list of operations');
  const holder: Record<string, unknown> = { root: structuredClone(target) };
  for (const operation of operations) {
    if (!isObject(operation)) throw new JsonPatchError('an operation is an object');
    applyOperation(holder, operation);
  }
  return holder['root'];
}

function applyOperation(holder: Record<string, unknown>, operation: Record<string, unknown>): void {
  const path = `/root${operation['path'] ?? ''}`;
  const from = `/root${operation['from'] ?? ''}`;
  const operations: Record<string, () => void> = {
    add: () => write(holder, path, operation['value'], 'insert'),
    replace: () => {
      read(holder, path);
      write(holder, path, operation['value'], 'assign');
    },
    remove: () => remove(holder, path),
    copy: () => write(holder, path, structuredClone(read(holder, from)), 'insert'),
    move: () => {
      const value = read(holder, from);
      remove(holder, from);
      write(holder, path, value, 'insert');
    },
    test: () => {
      if (isDeepStrictEqual(read(holder, path), operation['value'])) return;
      throw new JsonPatchError(`testing value ${operation['path']} failed`);
    },
  };
  const apply = operations[String(operation['op'])];
  if (apply === undefined) throw new JsonPatchError(`Unexpected kind: ${operation['op']}`);
  apply();
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function containerOf(
  holder: unknown,
  pointer: string,
): [container: Record<string, unknown> | unknown[], last: string] {
  const steps = stepsOf(pointer);
  const last = steps.pop() ?? '';
  let value = holder;
  for (const step of steps)
    value = isObject(value) || Array.isArray(value) ? (value as Record<string, unknown>)[step] : undefined;
  if (!isObject(value) && !Array.isArray(value)) {
    throw new JsonPatchError(
      `operation does not apply: doc is missing path: ${pointer.replace('/root', '')}: missing value`,
    );
  }
  return [value, last];
}

function read(holder: unknown, pointer: string): unknown {
  const [container, last] = containerOf(holder, pointer);
  const value = (container as Record<string, unknown>)[last];
  if (value === undefined) {
    throw new JsonPatchError(
      `operation does not apply: doc is missing key: ${pointer.replace('/root', '')}: missing value`,
    );
  }
  return value;
}

function write(holder: unknown, pointer: string, value: unknown, how: 'insert' | 'assign'): void {
  const [container, last] = containerOf(holder, pointer);
  if (!Array.isArray(container)) container[last] = value;
  else if (last === '-') container.push(value);
  else if (how === 'insert') container.splice(Number(last), 0, value);
  else container[Number(last)] = value;
}

function remove(holder: unknown, pointer: string): void {
  read(holder, pointer);
  const [container, last] = containerOf(holder, pointer);
  if (Array.isArray(container)) container.splice(Number(last), 1);
  else delete container[last];
}
