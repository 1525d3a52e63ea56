import { parseArgs } from 'node:util';
import { CodedError } from '../../crds/errors.ts';
import { given } from './given.ts';

/** What the command line says. */
export interface Flags {
  readonly config?: string;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespaces?: readonly string[];
  readonly logLevel?: string;
  readonly healthPort?: number;
  readonly metricsPort?: number;
  /** Act only while holding the Lease, so that several replicas may run. */
  readonly leaderElect: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** What `--help` prints. */
export const USAGE = `Usage: canary-analysis-operator [flags]

Reconciles CanaryAnalysis objects: collects the evidence of stable and canary, judges it, has it
reviewed and writes the verdict.

  --config FILE        configuration, YAML or JSON
  --kubeconfig FILE    how to reach the cluster; else KUBECONFIG, the pod's service account, ~/.kube/config
  --context NAME       a context of the kubeconfig
  --server URL         the API server; with --token-file and --ca-file instead of a kubeconfig
  --token-file FILE    the bearer token
  --ca-file FILE       the authority that signed the API server's certificate
  --namespace NAME     watch only this namespace; may be repeated
  --log-level LEVEL    panic, fatal, error, warn (or warning), info, debug or trace
  --health-port PORT   where /healthz and /readyz are served; 8081
  --metrics-port PORT  where /metrics is served; 8080
  --leader-elect       act only while holding a Lease in the pod's namespace, so that several replicas may run
  --help, --version

Environment (wins over the file, loses to a flag):
  GOOGLE_API_KEY, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, GITHUB_TOKEN, AUTO_PR_ENABLED,
  K8S_AGENT_URL, LOG_LEVEL, KUBECONFIG
`;

const OPTIONS = {
  config: { type: 'string' },
  server: { type: 'string' },
  'token-file': { type: 'string' },
  'ca-file': { type: 'string' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string', multiple: true },
  'log-level': { type: 'string' },
  'health-port': { type: 'string' },
  'metrics-port': { type: 'string' },
  'leader-elect': { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;

/**
 * Reads the command line.
 * @throws CodedError `CONFIG_INVALID` naming the flag.
 */
export function parseFlags(args: readonly string[]): Flags {
  const { values } = parse(args);
  return {
    ...given('config', values.config),
    ...given('server', values.server),
    ...given('tokenFile', values['token-file']),
    ...given('caFile', values['ca-file']),
    ...given('kubeconfig', values.kubeconfig),
    ...given('context', values.context),
    ...given('logLevel', values['log-level']),
    ...given('namespaces', values.namespace),
    ...given('healthPort', port('--health-port', values['health-port'])),
    ...given('metricsPort', port('--metrics-port', values['metrics-port'])),
    leaderElect: values['leader-elect'] ?? false,
    help: values.help ?? false,
    version: values.version ?? false,
  };
}

function port(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new CodedError('CONFIG_INVALID', `${flag} ${JSON.stringify(text)} is not a port`);
  }
  return Number(text);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CodedError('CONFIG_INVALID', `${message.split('\n', 1)[0]}; see --help`, { cause: error });
  }
}
