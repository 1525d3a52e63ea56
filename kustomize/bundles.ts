import { parseAllDocuments } from 'yaml';

/** Runs kubectl and returns what it printed. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** The manager that owns the fields which the bundles apply; another one would take over objects of others. */
export const FIELD_MANAGER = 'canary-analysis';

/** How kubectl is told to apply a bundle, or a part of it. */
export const APPLY = ['apply', '--server-side', `--field-manager=${FIELD_MANAGER}`];

/** The bundles in manifests/ by file name without its ending: the kustomization that each is rendered from, and what it is for. */
export const BUNDLES: Readonly<Record<string, { readonly path: string; readonly about: string }>> = {
  crds: {
    path: 'crds',
    about: 'The CustomResourceDefinition alone, for who installs the bundle namespaced.',
  },
  operator: { path: 'kustomize/base', about: 'The operator alone; the plugin goes with Argo Rollouts.' },
  cluster: {
    path: 'kustomize/overlays/cluster',
    about: 'Operator, and the plugin for an Argo Rollouts in the namespace argo-rollouts.',
  },
  namespaced: {
    path: 'kustomize/overlays/namespaced',
    about: 'Operator and rights of the plugin in one namespace, with Roles only.',
  },
  'openshift-gitops': {
    path: 'kustomize/overlays/openshift-gitops',
    about: 'Operator, and a RolloutManager with the plugin for OpenShift GitOps.',
  },
  'argo-cd': {
    path: 'kustomize/overlays/argo-cd',
    about: 'An Application that brings operator and plugin, and health checks for Argo CD.',
  },
  'argo-cd-application-set': {
    path: 'kustomize/overlays/argo-cd/application-set',
    about: 'An ApplicationSet that brings the operator to many clusters.',
  },
};

/** What kustomize makes of a bundle, under a heading that says where it comes from. */
export async function renderBundle(kubectl: Kubectl, root: string, name: string): Promise<string> {
  const bundle = BUNDLES[name];
  if (bundle === undefined) throw new Error(`there is no bundle ${name}`);
  const heading = [
    bundle.about,
    `Rendered by make manifests from ${bundle.path}; images are names without a registry: docs/installation.md.`,
    `kubectl apply --server-side --field-manager=${FIELD_MANAGER} -f manifests/${name}.yaml`,
  ];
  const rendered = await kubectl(['kustomize', `${root}/${bundle.path}`]);
  return `${heading.map((line) => `# ${line}\n`).join('')}${rendered}`;
}

/** An object of a bundle, as far as it is read here. */
export interface BundleObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects of rendered YAML. */
export function objectsOf<Kind extends BundleObject = BundleObject>(yaml: string): Kind[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as Kind | null)
    .filter((object) => object !== null);
}

/** Names of objects of an Argo Rollouts or Argo CD installation, of which a bundle applies a part. */
const JOINED: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['argo-rollouts'],
  ConfigMap: ['argo-rollouts-config', 'argo-rollouts-notification-configmap', 'argocd-cm'],
  // Its deletion would take the whole controller along.
  RolloutManager: ['argo-rollouts'],
};

/** Whether the object belongs to another installation, which keeps it, and only the fields applied to it are ours. */
export function isJoined({ kind, metadata }: BundleObject): boolean {
  return JOINED[kind]?.includes(metadata.name) === true;
}
