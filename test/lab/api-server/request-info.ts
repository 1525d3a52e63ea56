/** A request to a resource, taken apart as the API server does it before it authorises. */
export interface ResourceRequest {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  /** Empty for a cluster-scoped request. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** RBAC's verb. */
  readonly verb: string;
}

/** The resource with its subresource, as RBAC names it: `pods/log`. */
export function resourceOf(info: ResourceRequest): string {
  return info.subresource === '' ? info.plural : `${info.plural}/${info.subresource}`;
}

const OBJECT_VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const COLLECTION_VERBS: Readonly<Record<string, string>> = {
  GET: 'list',
  POST: 'create',
  DELETE: 'deletecollection',
};

/** Takes method and URL of a request to a resource apart; undefined for any other path (discovery, health). */
export function parseResourceRequest(method: string, url: URL): ResourceRequest | undefined {
  const steps = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const [root, ...rest] = steps;
  const grouped = root === 'apis';
  if (root !== 'api' && !grouped) return undefined;
  const [group = '', version = '', ...path] = grouped ? rest : ['', ...rest];
  if (path.length === 0) return undefined;
  const isNamespaced =
    path[0] === 'namespaces' && path.length > 2 && !NAMESPACE_SUBRESOURCES.has(path[2] ?? '');
  const namespace = isNamespaced ? (path[1] ?? '') : '';
  const [plural = '', name = '', ...sub] = isNamespaced ? path.slice(2) : path;
  const isWatch = method === 'GET' && ['true', '1'].includes(url.searchParams.get('watch') ?? '');
  const collectionVerb = isWatch ? 'watch' : COLLECTION_VERBS[method];
  const objectVerb =
    isWatch && sub.length === 0 ? 'watch' : method === 'POST' ? 'create' : OBJECT_VERBS[method];
  const verb = (name === '' ? collectionVerb : objectVerb) ?? method.toLowerCase();
  return {
    group,
    version,
    plural,
    subresource: sub.join('/'),
    namespace,
    name: name || selectedName(url, verb),
    verb,
  };
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** A list that selects one `metadata.name` is authorised as a request for that name. */
function selectedName(url: URL, verb: string): string {
  if (verb !== 'list' && verb !== 'watch') return '';
  return /(?:^|,)metadata\.name=([^,]+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1] ?? '';
}
