import { CodedError } from '../errors.ts';

/** A resource type as the API server serves it. */
export interface ResourceDefinition {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** As it stands in the URL, e.g. `canaryanalyses`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** One object of a resource type; no namespace for a cluster-wide one. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

/** What a path points at: an object, a subresource of it, or (without `name`) the collection, of one namespace or of all. */
export interface ResourceTarget {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** The `apiVersion` of a resource's objects: `v1`, `apps/v1`. */
export function apiVersionOf(resource: ResourceDefinition): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The name under which roles and messages know a resource: `pods`, `pods/log`, `canaryanalyses.metric-ai.argoproj-labs.io`. */
export function resourceName(resource: ResourceDefinition, subresource?: string): string {
  const qualified = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
  return subresource === undefined ? qualified : `${qualified}/${subresource}`;
}

/** `namespace/name`, or `name` alone for a cluster-wide object: the key of stores and queues. */
export function objectKey(ref: ObjectRef): string {
  return ref.namespace === undefined || ref.namespace === '' ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** The reverse of {@link objectKey}. */
export function parseObjectKey(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * The absolute, percent-encoded path of a resource, e.g. `/apis/apps/v1/namespaces/shop/deployments/web`.
 * @throws CodedError `API_INVALID` when a name is not a path segment, or a namespaced object has no namespace.
 */
export function resourcePath(resource: ResourceDefinition, target: ResourceTarget = {}): string {
  const root = resource.group === '' ? ['api', resource.version] : ['apis', resource.group, resource.version];
  const segments = [...root];
  if (resource.namespaced && target.namespace !== undefined) segments.push('namespaces', target.namespace);
  if (resource.namespaced && target.namespace === undefined && target.name !== undefined) {
    throw new CodedError(
      'API_INVALID',
      `${resourceName(resource)} ${JSON.stringify(target.name)} has no namespace: name the namespace it is in`,
    );
  }
  segments.push(resource.plural);
  if (target.name !== undefined) segments.push(target.name);
  if (target.subresource !== undefined) segments.push(target.subresource);
  return `/${segments.map((segment) => pathSegment(resource, segment)).join('/')}`;
}

/** Kubernetes allows as an object's name what is one segment of a path: neither empty, `.`, `..` nor with `/` or `%`. */
function pathSegment(resource: ResourceDefinition, segment: string): string {
  if (
    segment === '' ||
    segment === '.' ||
    segment === '..' ||
    /[/%]/.test(segment) ||
    !segment.isWellFormed()
  ) {
    throw new CodedError(
      'API_INVALID',
      `${JSON.stringify(segment.slice(0, 253))} cannot stand in the path of ${resourceName(resource)}: ` +
        'a name is not empty, not "." or "..", and has neither "/" nor "%"',
    );
  }
  return encodeURIComponent(segment);
}
