import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TransportOptions } from '../../plugin/transport.ts';
import type { Driver } from './driver/driver.ts';
import { startDriver } from './driver/driver.ts';
import type { Lab } from './lab.ts';

const root = join(import.meta.dirname, '../..');

/** The names the plugin is registered under in the lab. */
export const PLUGIN_NAMES = ['argoproj-labs/metric-ai'] as const;

/** What the project's programs need of a cluster: where it is, and credentials by user. */
export interface Cluster extends Pick<Lab, 'url' | 'caFile' | 'directory'> {
  /** A bearer token for the account of that name. */
  tokenFor(account: Account): string | Promise<string>;
}

/** The accounts the programs run under: the operator's own, and the one the plugin shares with the Rollouts controller. */
export type Account = 'operator' | 'argo-rollouts';

/** A running operator. */
export interface OperatorProcess {
  readonly pid: number;
  /** Every line it logged, parsed. */
  readonly log: readonly LogLine[];
  /** Resolves with the exit code or the signal. */
  readonly exit: Promise<number | string>;
  /** Resolves once it mirrors the cluster, and so acts on what is new. */
  ready(): Promise<void>;
  /** SIGTERM, then waits. */
  stop(): Promise<void>;
  /** SIGKILL, then waits. */
  kill(): Promise<void>;
}

/** One line of the operator's log. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly message?: string;
  readonly level?: string;
};

/** Starts the operator as a process of its own and returns when it says that it serves. */
export async function startOperator(
  cluster: Cluster,
  options: {
    config?: unknown;
    env?: Readonly<Record<string, string>>;
    args?: readonly string[];
    /** The file that Node runs; the sources when absent. */
    program?: string;
  } = {},
): Promise<OperatorProcess> {
  const { program = join(root, 'operator/main.ts') } = options;
  const access = await accessFor(cluster, 'operator');
  const args = [
    '--server',
    access.server,
    '--health-port',
    '0',
    '--metrics-port',
    '0',
    ...(options.args ?? []),
  ];
  if (access.tokenFile !== undefined) args.push('--token-file', access.tokenFile);
  if (access.caFile !== undefined) args.push('--ca-file', access.caFile);
  if (options.config !== undefined) {
    const file = join(cluster.directory, 'operator.json');
    await writeFile(file, JSON.stringify(options.config));
    args.push('--config', file);
  }
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...withoutSettings(process.env), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const log: LogLine[] = [];
  const { promise: serving, resolve } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      log.push(parseLine(line));
      if (line.includes('operator started')) resolve();
    });
  }
  const early = exit.then((how) => {
    throw new Error(
      `the operator ended at its start (${how}): ${log.map((line) => JSON.stringify(line)).join('\n')}`,
    );
  });
  await Promise.race([serving, early]);
  early.catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    log,
    exit,
    ready: () => Promise.race([untilReady(log), early]),
    stop: () => end(child, exit, 'SIGTERM'),
    kill: () => end(child, exit, 'SIGKILL'),
  };
}

async function untilReady(log: readonly LogLine[]): Promise<void> {
  const port = log.find(({ message }) => message === 'operator started')?.['healthPort'];
  while ((await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200) await sleep(50);
}

/** How a plugin's host starts the plugin: the command and its arguments. */
export async function pluginCommand(cluster: Cluster): Promise<{ command: string; args: string[] }> {
  const access = await accessFor(cluster, 'argo-rollouts');
  const args = [join(root, 'plugin/main.ts'), '--api-server', access.server, '--namespace', 'argo-rollouts'];
  if (access.tokenFile !== undefined) args.push('--token-file', access.tokenFile);
  if (access.caFile !== undefined) args.push('--ca-file', access.caFile);
  return { command: process.execPath, args };
}

/** Starts the driver that stands for Argo Rollouts, with the plugin as its child process. */
export async function startArgo(
  cluster: Cluster,
  options: {
    onLog?: (line: string) => void;
    errorRetryMs?: number;
    env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Driver> {
  const { onLog, errorRetryMs, env } = options;
  return startDriver({
    plugin: {
      ...(await pluginCommand(cluster)),
      ...(env === undefined ? {} : { env }),
      ...(onLog === undefined ? {} : { onLog }),
    },
    names: PLUGIN_NAMES,
    apiServer: await accessFor(cluster, 'argo-rollouts'),
    ...(errorRetryMs === undefined ? {} : { errorRetryMs }),
  });
}

/** How an account reaches the API server; its token is put into a file, as a pod has it. */
async function accessFor(cluster: Cluster, account: Account): Promise<TransportOptions> {
  const tokenFile = join(cluster.directory, `${account}.token`);
  await writeFile(tokenFile, await cluster.tokenFor(account), { mode: 0o600 });
  return {
    server: cluster.url,
    tokenFile,
    ...(cluster.caFile === undefined ? {} : { caFile: cluster.caFile }),
  };
}

/** The environment without what would configure the operator: a developer's own keys stay out of the lab. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings =
    /^(GOOGLE_API_KEY|OPENAI_.*|GITHUB_TOKEN|AUTO_PR_ENABLED|K8S_AGENT_URL|LOG_LEVEL|KUBECONFIG)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !settings.test(name)));
}

async function end(child: ChildProcess, exit: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await exit;
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { message: line };
  }
}
