import type { KubeObject } from './kubernetes.ts';

const PLURALS: Readonly<Record<string, string>> = {
  AnalysisRun: 'analysisruns',
  CanaryAnalysis: 'canaryanalyses',
  CustomResourceDefinition: 'customresourcedefinitions',
};
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'Node',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterAnalysisTemplate',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
]);

/** The path of the collection that an object belongs to; its namespace defaults to `default`. */
export function collectionPath(object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): string {
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = PLURALS[kind] ?? pluralOf(kind);
  return CLUSTER_SCOPED.has(kind)
    ? `${root}/${plural}`
    : `${root}/namespaces/${metadata.namespace ?? 'default'}/${plural}`;
}

/** The path of an object. */
export function objectPath(object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): string {
  return `${collectionPath(object)}/${object.metadata.name}`;
}

function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (/(s|x|ch|sh)$/.test(singular)) return `${singular}es`;
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}
