import type { ShippedObject } from './files.ts';

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, unknown>>;
    readonly limits?: Readonly<Record<string, unknown>>;
  };
}

/** The pod template of a workload. */
export interface PodTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
}

/** The pod template of an object that makes pods; undefined for others, and for a Rollout that refers to a Deployment. */
export function podTemplateOf(object: ShippedObject): PodTemplate | undefined {
  const spec = object['spec'] as {
    template?: PodTemplate;
    jobTemplate?: { spec: { template: PodTemplate } };
  };
  if (object.kind === 'CronJob') return spec.jobTemplate?.spec.template;
  const makesPods = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'Rollout'].includes(
    object.kind,
  );
  return makesPods ? spec?.template : undefined;
}

/** Rules with a `*` in a Role or ClusterRole. */
export function wildcards(object: ShippedObject): string[] {
  if (object.kind !== 'Role' && object.kind !== 'ClusterRole') return [];
  const rules = (object['rules'] ?? []) as Readonly<Record<string, readonly string[]>>[];
  return rules
    .filter((rule) => Object.values(rule).some((words) => words.includes('*')))
    .map((rule) => JSON.stringify(rule));
}

/** Bindings of the cluster's own roles that may do nearly anything: as wide as a rule of wildcards, though none is written. */
export function broadBindings(object: ShippedObject): string[] {
  if (object.kind !== 'RoleBinding' && object.kind !== 'ClusterRoleBinding') return [];
  const { kind, name = '' } = object['roleRef'] as { kind?: string; name?: string };
  return kind === 'ClusterRole' && ['cluster-admin', 'admin', 'edit'].includes(name) ? [name] : [];
}

/** Bindings that may be broad, and why; their `kind name`. */
export const BROAD: Readonly<Record<string, string>> = {
  'ClusterRoleBinding openshift-gitops-cluster-admin':
    "Argo CD installs CustomResourceDefinitions, ClusterRoles and namespaces in OpenShift's walk, on a cluster to throw away",
};

/** Containers that do not say what they need and how much memory they may take at most. */
export function withoutResources(object: ShippedObject): string[] {
  return ownContainers(object)
    .filter(
      ({ resources: { requests, limits } = {} }) =>
        requests?.['cpu'] === undefined ||
        requests['memory'] === undefined ||
        limits?.['memory'] === undefined,
    )
    .map(({ name }) => name);
}

/** Images without version, or of the version `latest`; `auto` is for Istio to replace where its gateway is injected. */
export function floatingImages(object: ShippedObject): string[] {
  const injected = podTemplateOf(object)?.metadata?.annotations?.['inject.istio.io/templates'] !== undefined;
  const images = ownContainers(object)
    .map(({ image = '' }) => image)
    .filter((image) => !(injected && image === 'auto'));
  if (object.kind === 'RolloutManager') {
    const { image = '', version = 'latest' } = object['spec'] as { image?: string; version?: string };
    images.push(`${image}:${version}`);
  }
  return images.filter(
    (image) => !/(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(image) || image.endsWith(':latest'),
  );
}

/** The containers that an object brings; one without an image is a part of somebody else's. */
function ownContainers(object: ShippedObject): Container[] {
  const { containers = [], initContainers = [] } = podTemplateOf(object)?.spec ?? {};
  return [...initContainers, ...containers].filter(({ image }) => image !== undefined);
}

/** The names of Secrets that an object refers to, wherever in it. */
export function secretsIn(object: ShippedObject): string[] {
  const names: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const [key, below] of Object.entries(value)) {
      const { name, secretName } = (below ?? {}) as { name?: unknown; secretName?: unknown };
      if (/^(secretRef|secretKeyRef)$/.test(key) && typeof name === 'string') names.push(name);
      if (key === 'secret' && typeof secretName === 'string') names.push(secretName);
      visit(below);
    }
  };
  visit(object);
  if (
    object.kind === 'ConfigMap' &&
    /^\s*\w+: \$[\w-]+$/m.test(JSON.stringify(object).replaceAll('\\n', '\n'))
  )
    names.push('argo-rollouts-notification-secret');
  return names;
}

/** Keys of a Secret that hold something; a template's are empty or say in capitals what belongs there. */
export function filledSecrets(object: ShippedObject): string[] {
  if (object.kind !== 'Secret') return [];
  const data = { ...(object['data'] as object), ...(object['stringData'] as object) };
  return Object.entries(data)
    .filter(([, value]) => !/^(|false|[A-Z][A-Z0-9_-]*|<[^>]+>)$/.test(String(value)))
    .map(([key]) => key);
}
