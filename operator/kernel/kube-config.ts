import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { CodedError } from '../../crds/errors.ts';

/** Where the API server is and who asks; the first that is given counts, in this order. */
export interface KubeConfigSource {
  /** URL of the API server, as a flag gives it. */
  readonly server?: string;
  /** With `server`: a bearer token, or a file that holds one and is read again every minute. */
  readonly token?: string;
  readonly tokenFile?: string;
  /** With `server`: PEM file of the authority that signed its certificate; the system's authorities when absent. */
  readonly caFile?: string;
  /** A kubeconfig file, as a flag or `KUBECONFIG` (the first file of several counts) gives it. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig; its current one when absent. */
  readonly context?: string;
}

/** Where a pod finds its service account, below `root`. */
const SERVICE_ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the cluster: an explicit server, else a kubeconfig, else the service account of the pod, else `~/.kube/config`.
 * @param root where the file system of the pod begins, and `home` its user's directory: for tests
 * @throws CodedError `CONFIG_INVALID` when there is none, or a credential would travel unencrypted to another machine
 */
export function loadKubeConfig(
  source: KubeConfigSource,
  env: Readonly<Record<string, string | undefined>>,
  { root = '/', home = homedir() }: { readonly root?: string; readonly home?: string } = {},
): KubeConfig {
  const config = new KubeConfig();
  const homeConfig = join(home, '.kube', 'config');
  if (source.server !== undefined) {
    loadExplicit(config, source, source.server);
  } else if (source.kubeconfig !== undefined && source.kubeconfig !== '') {
    loadFile(config, source.kubeconfig);
  } else if (
    env['KUBERNETES_SERVICE_HOST'] !== undefined &&
    existsSync(join(root, SERVICE_ACCOUNT, 'token'))
  ) {
    config.loadFromCluster(root === '/' ? '' : root);
    Object.assign(config.getCurrentCluster() ?? {}, { server: inClusterUrl(env) });
  } else if (existsSync(homeConfig)) {
    loadFile(config, homeConfig);
  } else {
    throw invalid(
      'no cluster is configured: run in a pod with a service account, set KUBECONFIG, or name a server',
    );
  }
  if (source.context !== undefined) config.setCurrentContext(source.context);
  checkCluster(config);
  return config;
}

/** The namespace of the pod or of the context; undefined when neither says. */
export function currentNamespace(config: KubeConfig): string | undefined {
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace?.trim();
  return namespace === '' ? undefined : namespace;
}

/** The kubelet tells every container where the Service of the API server is. */
function inClusterUrl(env: Readonly<Record<string, string | undefined>>): string {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  return `https://${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
}

function loadExplicit(config: KubeConfig, source: KubeConfigSource, server: string): void {
  const { token, tokenFile, caFile } = source;
  if (caFile !== undefined) readable('CA', caFile);
  if (tokenFile !== undefined) readable('token', tokenFile);
  config.loadFromClusterAndUser(
    { name: 'explicit', server, skipTLSVerify: false, ...(caFile === undefined ? {} : { caFile }) },
    {
      name: 'explicit',
      ...(token === undefined ? {} : { token }),
      ...(tokenFile === undefined ? {} : { authProvider: { name: 'tokenFile', config: { tokenFile } } }),
    },
  );
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file);
  } catch (error) {
    throw invalid(`the kubeconfig ${file} cannot be read`, error);
  }
}

function readable(what: string, file: string): void {
  try {
    readFileSync(file);
  } catch (error) {
    throw invalid(`the ${what} file ${file} cannot be read`, error);
  }
}

function checkCluster(config: KubeConfig): void {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw invalid(
      `the kubeconfig has no cluster for its context ${JSON.stringify(config.getCurrentContext())}`,
    );
  }
  if (!URL.canParse(cluster.server)) throw invalid('the URL of the API server is not a URL');
  const url = new URL(cluster.server);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(`the URL of the API server starts with ${url.protocol}// and not with https://`);
  }
  if (url.protocol === 'http:' && hasCredential(config) && !isLoopback(url.hostname)) {
    throw invalid(`a credential would travel unencrypted to ${url.host}: use https`);
  }
}

function hasCredential(config: KubeConfig): boolean {
  const user = config.getCurrentUser();
  return [user?.token, user?.password, user?.authProvider, user?.exec].some((credential) =>
    Boolean(credential),
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function invalid(message: string, cause?: unknown): CodedError {
  return new CodedError('CONFIG_INVALID', message, cause === undefined ? {} : { cause });
}
