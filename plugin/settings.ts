import { parseArgs } from 'node:util';
import { CodedError } from '../crds/errors.ts';
import { VERSION } from '../crds/version.ts';
import type { Environment } from './goplugin/handshake.ts';

/** The text of `--help`. */
export const HELP = `canary-analysis metric plugin ${VERSION}, started by Argo Rollouts; flags go into "args" of metricProviderPlugins.

  --api-server URL   API server; in-cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT
  --token-file FILE  bearer token; in-cluster: the pod's ServiceAccount
  --ca-file FILE     certificate authorities of the API server; in-cluster: the pod's ServiceAccount
  --namespace NAME   the Rollouts controller's namespace; in-cluster: the pod's
  --version          print the version
  --help             print this`;

/** Where Kubernetes puts a pod's credentials. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How the plugin reaches the API server, and where it lives. */
export interface Settings {
  /** Set when the process is only to print something. */
  readonly show?: 'help' | 'version';
  /** URL of the API server. */
  readonly server: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly userAgent: string;
  /** The Rollouts controller's namespace. */
  readonly namespace: string;
}

/**
 * Reads flags, and what Kubernetes gives every pod for those that are not set.
 * @param read reads a file as text, or throws.
 * @throws CodedError `CONFIG_INVALID` that names the flag.
 */
export function settingsFrom(
  args: readonly string[],
  env: Environment,
  read: (file: string) => string,
): Settings {
  const flags = parse(args);
  const userAgent = `canary-analysis-plugin/${VERSION}`;
  const namespace = flags.namespace ?? env['POD_NAMESPACE'] ?? tryRead(read, `${SERVICE_ACCOUNT}/namespace`);
  const found = { userAgent, namespace: namespace ?? 'argo-rollouts' };
  if (flags.help === true) return { ...found, show: 'help', server: '' };
  if (flags.version === true) return { ...found, show: 'version', server: '' };
  const server = flags['api-server'];
  if (server === undefined) {
    const caFile = flags['ca-file'] ?? `${SERVICE_ACCOUNT}/ca.crt`;
    const tokenFile = flags['token-file'] ?? `${SERVICE_ACCOUNT}/token`;
    return { ...found, server: inCluster(env), tokenFile, caFile };
  }
  if (!/^https?:\/\/[^\s@]+$/.test(server) || !URL.canParse(server)) {
    throw new CodedError('CONFIG_INVALID', '--api-server must be an http or https URL without user name');
  }
  return {
    ...found,
    server,
    ...(flags['token-file'] === undefined ? {} : { tokenFile: flags['token-file'] }),
    ...(flags['ca-file'] === undefined ? {} : { caFile: flags['ca-file'] }),
  };
}

interface Flags {
  'api-server'?: string;
  'token-file'?: string;
  'ca-file'?: string;
  namespace?: string;
  version?: boolean;
  help?: boolean;
}

function parse(args: readonly string[]): Flags {
  const options = {
    'api-server': { type: 'string' },
    'token-file': { type: 'string' },
    'ca-file': { type: 'string' },
    namespace: { type: 'string' },
    version: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new CodedError('CONFIG_INVALID', `${cause instanceof Error ? cause.message : cause}\n\n${HELP}`, {
      cause,
    });
  }
}

/** Outside a cluster an address that nothing listens at: measurements then say that the API server gives no answer. */
function inCluster(env: Environment): string {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? 'kubernetes.default.svc';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function tryRead(read: (file: string) => string, file: string): string | undefined {
  try {
    return read(file).trim() || undefined;
  } catch {
    return undefined;
  }
}
