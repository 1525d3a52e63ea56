import { stringify } from 'yaml';
import type { ApiEndpoint } from './lab-client.ts';

/** A kubeconfig with one cluster, one user and one context. */
export function kubeconfig(endpoint: ApiEndpoint, user: string): string {
  const { url, token, ca } = endpoint;
  const trust = ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    clusters: [{ name: 'lab', cluster: { server: url, ...trust } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user, namespace: 'default' } }],
  });
}
