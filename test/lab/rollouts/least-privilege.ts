import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../kubernetes.ts';
import type { RealLab, ServiceAccount } from '../real-lab.ts';

const root = join(import.meta.dirname, '../../..');
const BASE = join(root, 'kustomize/base');
const PLUGIN_BINDING = join(root, 'kustomize/components/argo-rollouts-plugin/controller/role-binding.yaml');

/** The account that the operator's Deployment names. */
export const OPERATOR: ServiceAccount = { namespace: 'canary-analysis', name: 'canary-analysis-operator' };

const KINDS = new Set([
  'Namespace',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
]);

/** The accounts and rights of the installation as kustomize renders it, and nothing else of it. */
export async function renderLeastPrivilege(lab: RealLab): Promise<KubeObject[]> {
  return parseAllDocuments(await lab.kubectl(['kustomize', BASE]))
    .map((document) => document.toJS() as KubeObject)
    .filter(({ kind }) => KINDS.has(kind));
}

/** Applies them, and binds the plugin's role to the account that it runs under. */
export async function applyLeastPrivilege(lab: RealLab): Promise<void> {
  const items = await renderLeastPrivilege(lab);
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await lab.kubectl(['apply', '--server-side', '-f', '-'], list);
  await lab.kubectl(['apply', '--server-side', '-f', PLUGIN_BINDING]);
}
