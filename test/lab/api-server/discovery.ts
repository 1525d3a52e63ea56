import { openapiDocument, openapiIndex } from './openapi.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';

/** What `/version` answers; the version whose behaviour this server follows. */
const SERVER_VERSION = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.4',
  gitCommit: 'embedded',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'node',
  platform: 'node/embedded',
} as const;

const MAIN_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Answers every path that is not a resource's: health, version, OpenAPI, discovery; undefined where nothing is. */
export function answerPath(path: string, types: readonly ResourceType[]): unknown {
  if (['/healthz', '/livez', '/readyz'].includes(path)) return 'ok';
  if (path === '/version') return SERVER_VERSION;
  if (path === '/openapi/v3') return openapiIndex(types);
  if (path.startsWith('/openapi/v3/')) return openapiDocument(path.slice('/openapi/v3/'.length), types);
  if (path === '/openapi/v2')
    return { swagger: '2.0', info: { title: 'Kubernetes', version: 'embedded' }, paths: {}, definitions: {} };
  return discover(path, types);
}

/** Answers a discovery path (`/api`, `/apis`, `/api/v1`, `/apis/G`, `/apis/G/V`); undefined for any other. */
export function discover(path: string, types: readonly ResourceType[]): unknown {
  const [root, group, version, ...rest] = path.split('/').filter(Boolean);
  if (rest.length > 0 || (root !== 'api' && root !== 'apis')) return undefined;
  if (root === 'api') {
    if (group === undefined) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    return group === 'v1' && version === undefined ? resourceList(types, '', 'v1') : undefined;
  }
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: apiGroups(types) };
  if (version === undefined) return apiGroups(types).find(({ name }) => name === group);
  return resourceList(types, group, version);
}

function apiGroups(types: readonly ResourceType[]) {
  const names = [...new Set(types.map((type) => type.group))].filter((name) => name !== '');
  return names.map((name) => {
    const versions = [...new Set(types.filter((type) => type.group === name).map((type) => type.version))];
    const named = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { kind: 'APIGroup', apiVersion: 'v1', name, versions: named, preferredVersion: named[0] };
  });
}

function resourceList(types: readonly ResourceType[], group: string, version: string): unknown {
  const served = types.filter((type) => type.group === group && type.version === version);
  const [first] = served;
  if (first === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: served.flatMap((type) => [
      {
        name: type.plural,
        singularName: type.singular,
        namespaced: type.namespaced,
        kind: type.kind,
        verbs: MAIN_VERBS,
        ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
        ...(type.categories.length > 0 ? { categories: type.categories } : {}),
      },
      ...(type.statusSubresource ? [subresource(type, 'status', ['get', 'patch', 'update'])] : []),
      ...type.subresources.map((name) => subresource(type, name, name === 'log' ? ['get'] : ['create'])),
    ]),
  };
}

function subresource(type: ResourceType, name: string, verbs: readonly string[]) {
  return {
    name: `${type.plural}/${name}`,
    singularName: '',
    namespaced: type.namespaced,
    kind: type.kind,
    verbs,
  };
}
