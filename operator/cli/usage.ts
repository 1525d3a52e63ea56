import { type Arguments, type FlagTable, takeApart } from './arguments.ts';
import { AGENT_HELP, COLLECT_HELP, EXPLAIN_HELP, HELP, JUDGE_HELP, REPLAY_HELP } from './help.ts';
import { UsageError } from './usage-error.ts';

/** How results are printed. */
export type OutputFormat = 'json' | 'text';

/** Where the cluster is. */
export interface ClusterFlags {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface JudgeCommand {
  readonly kind: 'judge';
  readonly bundles: readonly string[];
  readonly output: OutputFormat;
  readonly policyFile?: string;
}

export interface CollectCommand {
  readonly kind: 'collect';
  readonly target: { readonly kind: 'CanaryAnalysis' | 'Rollout'; readonly name: string };
  readonly out: string;
  readonly sinceSeconds?: number;
  readonly raw: boolean;
  readonly output: OutputFormat;
  readonly cluster: ClusterFlags;
}

export interface ReplayCommand {
  readonly kind: 'replay';
  readonly subjects: readonly string[];
  readonly output: OutputFormat;
  readonly policyFile?: string;
  readonly look?: number;
  readonly cluster: ClusterFlags;
}

export interface ExplainCommand {
  readonly kind: 'explain';
  readonly subjects: readonly string[];
  readonly output: OutputFormat;
  readonly cluster: ClusterFlags;
}

export interface AgentCommand {
  readonly kind: 'agent';
  readonly port: number;
  /** gRPC is not served when absent. */
  readonly grpcPort?: number;
  readonly host?: string;
  readonly url?: string;
  readonly grpcAddress?: string;
  readonly sinceSeconds: number;
  readonly waitSeconds: number;
  readonly timeoutSeconds: number;
  readonly concurrency: number;
  readonly config?: string;
  readonly logLevel?: string;
  readonly cluster: ClusterFlags;
}

/** A command line, understood. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | JudgeCommand
  | CollectCommand
  | ReplayCommand
  | ExplainCommand
  | AgentCommand;

const COMMON: FlagTable = {
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
};
const CLUSTER: FlagTable = {
  namespace: { type: 'string', short: 'n' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
};

const COMMANDS = {
  judge: { help: JUDGE_HELP, flags: { ...COMMON, policy: { type: 'string' } }, read: readJudge },
  collect: {
    help: COLLECT_HELP,
    flags: {
      ...COMMON,
      ...CLUSTER,
      out: { type: 'string' },
      since: { type: 'string' },
      raw: { type: 'boolean' },
    },
    read: readCollect,
  },
  replay: {
    help: REPLAY_HELP,
    flags: { ...COMMON, ...CLUSTER, policy: { type: 'string' }, look: { type: 'string' } },
    read: readReplay,
  },
  explain: { help: EXPLAIN_HELP, flags: { ...COMMON, ...CLUSTER }, read: readExplain },
  agent: {
    help: AGENT_HELP,
    flags: {
      help: { type: 'boolean', short: 'h' },
      port: { type: 'string' },
      'grpc-port': { type: 'string' },
      host: { type: 'string' },
      url: { type: 'string' },
      'grpc-address': { type: 'string' },
      since: { type: 'string' },
      wait: { type: 'string' },
      timeout: { type: 'string' },
      concurrency: { type: 'string' },
      config: { type: 'string' },
      'log-level': { type: 'string' },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
    },
    read: readAgent,
  },
} as const satisfies Record<string, { help: string; flags: FlagTable; read: (args: Arguments) => Command }>;

/**
 * Understands the arguments behind the program's name.
 * @throws {@link UsageError} naming the flag, command or value that is wrong.
 */
export function parseCommand(args: readonly string[]): Command {
  const [name, ...rest] = args;
  const known = Object.keys(COMMANDS).join(', ');
  if (name === undefined) throw new UsageError(`a command is missing: ${known}`);
  if (name === '-h' || name === '--help' || name === 'help') return { kind: 'help', text: HELP };
  if (name.startsWith('-')) throw new UsageError(`unknown flag ${name}`);
  if (!isCommand(name)) throw new UsageError(`unknown command ${name}; there are: ${known}`);
  const { help, flags, read } = COMMANDS[name];
  const taken = takeApart(rest, flags);
  return taken.given('help') ? { kind: 'help', text: help } : read(taken);
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

function readJudge(args: Arguments): JudgeCommand {
  const { positionals: bundles } = args;
  if (bundles.length === 0) throw new UsageError('judge needs at least one BUNDLE');
  return { kind: 'judge', bundles, output: outputOf(args), ...policyOf(args) };
}

function readCollect(args: Arguments): CollectCommand {
  const [name, more] = args.positionals;
  if (name === undefined) throw new UsageError('collect needs a NAME: an analysis, or rollout/NAME');
  if (more !== undefined) throw new UsageError(`collect takes one NAME; ${more} is too many`);
  const target = targetOf(name);
  const since = wholeNumber('--since', args.value('since'));
  return {
    kind: 'collect',
    target,
    out: args.value('out') ?? target.name,
    raw: args.given('raw'),
    output: outputOf(args),
    cluster: clusterOf(args),
    ...(since === undefined ? {} : { sinceSeconds: since }),
  };
}

function targetOf(text: string): CollectCommand['target'] {
  const [type = '', name, ...more] = text.split('/');
  if (name === undefined && type !== '') return { kind: 'CanaryAnalysis', name: type };
  if (name !== undefined && name !== '' && more.length === 0) {
    if (/^rollouts?$/i.test(type)) return { kind: 'Rollout', name };
    if (/^(?:canaryanalys[ie]s|cana)$/i.test(type)) return { kind: 'CanaryAnalysis', name };
  }
  throw new UsageError(`${JSON.stringify(text)} is neither canaryanalysis/NAME nor rollout/NAME`);
}

function readReplay(args: Arguments): ReplayCommand {
  const { positionals: subjects } = args;
  if (subjects.length === 0)
    throw new UsageError('replay needs a bundle, a file, or the name of an analysis');
  const look = wholeNumber('--look', args.value('look'));
  return {
    kind: 'replay',
    subjects,
    output: outputOf(args),
    cluster: clusterOf(args),
    ...policyOf(args),
    ...(look === undefined ? {} : { look }),
  };
}

function readExplain(args: Arguments): ExplainCommand {
  const { positionals: subjects } = args;
  if (subjects.length === 0)
    throw new UsageError('explain needs the name of an analysis, or a file with one');
  return { kind: 'explain', subjects, output: outputOf(args), cluster: clusterOf(args) };
}

function readAgent(args: Arguments): AgentCommand {
  const [more] = args.positionals;
  if (more !== undefined) throw new UsageError(`agent takes no arguments; ${more} is too many`);
  const grpc = args.value('grpc-port') ?? '8081';
  const host = args.value('host');
  const url = urlOf('--url', args.value('url'));
  const grpcAddress = args.value('grpc-address');
  if (grpcAddress !== undefined && !/^[A-Za-z0-9.-]+:\d{1,5}$/.test(grpcAddress))
    throw new UsageError(`--grpc-address must be HOST:PORT, not ${grpcAddress}`);
  if (grpcAddress !== undefined && url === undefined) throw new UsageError('--grpc-address needs --url');
  const config = args.value('config');
  const logLevel = args.value('log-level');
  return {
    kind: 'agent',
    port: portOf('--port', args.value('port') ?? '8080'),
    ...(grpc === 'none' ? {} : { grpcPort: portOf('--grpc-port', grpc) }),
    ...(host === undefined ? {} : { host }),
    ...(url === undefined ? {} : { url }),
    ...(grpcAddress === undefined ? {} : { grpcAddress }),
    sinceSeconds: wholeNumber('--since', args.value('since')) ?? 600,
    waitSeconds: args.value('wait') === '0' ? 0 : (wholeNumber('--wait', args.value('wait')) ?? 30),
    timeoutSeconds: wholeNumber('--timeout', args.value('timeout')) ?? 110,
    concurrency: wholeNumber('--concurrency', args.value('concurrency')) ?? 2,
    ...(config === undefined ? {} : { config }),
    ...(logLevel === undefined ? {} : { logLevel }),
    cluster: clusterOf(args),
  };
}

function portOf(flag: string, text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError(`${flag} ${text} is not a port`);
  return Number(text);
}

/** Without a trailing slash. */
function urlOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UsageError(`${flag} must be an http or https URL, not ${text}`);
  return text.replace(/\/+$/, '');
}

function outputOf(args: Arguments): OutputFormat {
  const output = args.value('output') ?? 'text';
  if (output !== 'json' && output !== 'text')
    throw new UsageError(`--output must be json or text, not ${output}`);
  return output;
}

function policyOf(args: Arguments): { policyFile?: string } {
  const policyFile = args.value('policy');
  return policyFile === undefined ? {} : { policyFile };
}

function clusterOf(args: Arguments): ClusterFlags {
  const [namespace, kubeconfig, context] = ['namespace', 'kubeconfig', 'context'].map(args.value);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value === 0)
    throw new UsageError(`${flag} must be a whole number from 1 on, not ${text}`);
  return value;
}
