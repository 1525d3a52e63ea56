import { isObject, type KubeObject, type ObjectMeta } from '../kubernetes.ts';
import { badlyTypedTime } from './built-in-validation.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';
import { badRequest } from './status.ts';

/** How strictly a body is read. */
export interface DecodeOptions {
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Receives a text for each field dropped under `Warn`. */
  readonly warn?: (text: string) => void;
}

/**
 * Reads the body of a write to a type: what it leaves out of `apiVersion` and `kind` is filled in, unknown fields of a
 * custom resource are dropped. Throws a 400 for what contradicts the path, and under `Strict` for unknown fields.
 */
export function decodeObject(
  type: ResourceType,
  path: { readonly namespace: string; readonly name?: string },
  body: unknown,
  options: DecodeOptions,
): KubeObject {
  if (!isObject(body)) throw badRequest('the object provided is unrecognized: it is not a JSON object');
  const apiVersion = apiVersionOf(type);
  if (body['apiVersion'] !== undefined && body['apiVersion'] !== apiVersion) {
    throw badRequest(
      `the API version in the data (${body['apiVersion']}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (body['kind'] !== undefined && body['kind'] !== type.kind) {
    throw badRequest(
      `the kind in the data (${body['kind']}) does not match the expected kind (${type.kind})`,
    );
  }
  const { managedFields: _, ...given } = isObject(body['metadata']) ? body['metadata'] : {};
  const metadata = dropNulls(given) as unknown as ObjectMeta;
  const object: KubeObject = { ...body, apiVersion, kind: type.kind, metadata };
  if (
    metadata.namespace !== undefined &&
    metadata.namespace !== '' &&
    metadata.namespace !== path.namespace
  ) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (path.name !== undefined && metadata.name !== undefined && metadata.name !== path.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${path.name})`,
    );
  }
  const problem = badlyTypedTime(type, object);
  if (problem !== undefined) {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${problem}`,
    );
  }
  return type.schema === undefined ? object : prune(type, type.schema.prune(object), options);
}

function prune(
  type: ResourceType,
  pruned: { object: KubeObject; unknown: string[] },
  options: DecodeOptions,
): KubeObject {
  if (pruned.unknown.length > 0 && options.fieldValidation === 'Strict') {
    const fields = pruned.unknown.map((path) => `unknown field "${path}"`).join(', ');
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${fields}`,
    );
  }
  if (options.fieldValidation !== 'Ignore') {
    for (const path of pruned.unknown) options.warn?.(`unknown field "${path}"`);
  }
  return pruned.object;
}

function dropNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}
