import { isObject, type JsonObject } from '../kubernetes.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';

/** `/openapi/v3`: where the document of each group version is. */
export function openapiIndex(types: readonly ResourceType[]): unknown {
  const paths = [...new Set(types.map(rootOf))];
  return {
    paths: Object.fromEntries(paths.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}` }])),
  };
}

/**
 * The OpenAPI v3 document of `api/v1` or `apis/G/V`: for each type a schema (whole for custom resources, open for
 * built-in ones) and the operations kubectl looks at before it validates or explains. Undefined where nothing is served.
 */
export function openapiDocument(path: string, types: readonly ResourceType[]): unknown {
  const served = types.filter((type) => rootOf(type) === path);
  if (served.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'embedded' },
    paths: Object.fromEntries(served.map((type) => [objectPath(type), operations(type)])),
    components: { schemas: Object.fromEntries(served.map((type) => [schemaName(type), schemaOf(type)])) },
  };
}

function rootOf(type: ResourceType): string {
  return `${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`;
}

function objectPath(type: ResourceType): string {
  return `/${rootOf(type)}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}/{name}`;
}

function schemaName(type: ResourceType): string {
  return [...(type.group || 'core').split('.').reverse(), type.version, type.kind].join('.');
}

function operations(type: ResourceType): unknown {
  const kind = { group: type.group, version: type.version, kind: type.kind };
  const fieldValidation = { name: 'fieldValidation', in: 'query', schema: { type: 'string' } };
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(type)}` } } };
  const operation = {
    parameters: [fieldValidation],
    responses: { 200: { description: 'OK', content } },
    'x-kubernetes-group-version-kind': kind,
  };
  return {
    get: { ...operation, 'x-kubernetes-action': 'get' },
    put: { ...operation, 'x-kubernetes-action': 'put' },
    patch: { ...operation, 'x-kubernetes-action': 'patch' },
  };
}

function schemaOf(type: ResourceType): unknown {
  const base: JsonObject = type.schema?.openAPIV3Schema ?? {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
  };
  const standard = {
    apiVersion: { type: 'string', description: 'The versioned schema of this representation of an object.' },
    kind: { type: 'string', description: 'The REST resource that this object represents.' },
    metadata: { type: 'object', description: "Standard object's metadata." },
  };
  const properties = isObject(base['properties']) ? base['properties'] : {};
  return {
    ...base,
    properties: { ...properties, ...standard },
    'x-kubernetes-group-version-kind': [{ group: type.group, version: type.version, kind: type.kind }],
  };
}
