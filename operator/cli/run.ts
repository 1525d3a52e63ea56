import { CodedError, isCoded } from '../../crds/errors.ts';
import { BUILT_IN_POLICY } from '../judge/index.ts';
import { collectBundle, collectedText, isBadInput } from './collect.ts';
import { type Connection, connect } from './connect.ts';
import { explainJson, explainText } from './explain.ts';
import { judgeBundle } from './judge.ts';
import { kindOfPath, readAnalyses } from './object-file.ts';
import { jsonLine, text } from './output.ts';
import { readPolicy } from './policy-file.ts';
import { printable } from './printable.ts';
import { replaySubject } from './replay-command.ts';
import { replayJson, replayText } from './replay-output.ts';
import {
  type AgentCommand,
  type ClusterFlags,
  type CollectCommand,
  type ExplainCommand,
  type JudgeCommand,
  parseCommand,
  type ReplayCommand,
} from './usage.ts';
import { UsageError } from './usage-error.ts';

/** Where the command line writes, and its clock. */
export interface CliIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Empty when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the work; what it wrote half is removed. */
  readonly signal?: AbortSignal;
}

/** The cluster could not be read. */
const FAILED = 1;
/** Bad input and bad usage. */
const BAD_INPUT = 2;
/** As of a process that SIGINT ended. */
const INTERRUPTED = 130;

interface Context {
  readonly io: CliIo;
  readonly signal: AbortSignal;
  /** Opens the cluster on first use. */
  readonly connection: () => Connection;
  /** The URL of the cluster that was opened. */
  readonly server: () => string | undefined;
}

/**
 * Runs one command and gives the exit status: 0 when it did its work, whatever the verdicts; 1 when the cluster could not be
 * read; 2 for bad usage and bad input, which are named on stderr; 130 when the signal fired. One bad subject does not keep
 * the others from being looked at.
 */
export async function run(args: readonly string[], io: CliIo): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.kind === 'help') {
      io.stdout(command.text);
      return 0;
    }
    const signal = io.signal ?? new AbortController().signal;
    const cluster = connections(command.kind === 'judge' ? {} : command.cluster, io.env ?? {});
    const context: Context = { io, signal, connection: cluster.open, server: cluster.server };
    try {
      switch (command.kind) {
        case 'judge':
          return await runJudge(command, context);
        case 'collect':
          return await runCollect(command, context);
        case 'replay':
          return await runReplay(command, context);
        case 'explain':
          return await runExplain(command, context);
        case 'agent':
          return await serve(command, context);
      }
    } catch (error) {
      return failed(error, context);
    } finally {
      cluster.close();
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr(`canary-analysis: ${error.message}\nTry canary-analysis --help\n`);
    return BAD_INPUT;
  }
}

function connections(flags: ClusterFlags, env: Readonly<Record<string, string | undefined>>) {
  let opened: Connection | undefined;
  return {
    open: (): Connection => {
      opened ??= connect(flags, env);
      return opened;
    },
    server: () => opened?.server,
    close: () => opened?.close(),
  };
}

/** Says what went wrong; anything that nobody threw on purpose is thrown on. */
function failed(error: unknown, { io, server }: Context): number {
  if (io.signal?.aborted) {
    io.stderr('canary-analysis: interrupted\n');
    return INTERRUPTED;
  }
  if (!(error instanceof CodedError)) throw error;
  const where = isCoded(error, 'API_UNREACHABLE') ? `: ${server() ?? ''}` : '';
  io.stderr(`canary-analysis: ${printable(error.message)}${where}\n`);
  return isBadInput(error) ? BAD_INPUT : FAILED;
}

/** Does something for each subject; the worst status counts. */
async function forEach(
  subjects: readonly string[],
  context: Context,
  action: (subject: string) => Promise<string>,
): Promise<number> {
  const { io, signal } = context;
  let status = 0;
  for (const subject of subjects) {
    if (signal.aborted) throw new CodedError('ABORTED', 'the work was cancelled');
    try {
      io.stdout(`${await action(subject)}\n`);
    } catch (error) {
      if (io.signal?.aborted) throw error;
      const its = failed(error, context);
      status = status === 0 ? its : Math.min(status, its);
    }
  }
  return status;
}

/** The agent and what it serves with are loaded when they are asked for. */
async function serve(command: AgentCommand, { io, signal, connection }: Context): Promise<number> {
  const { runAgent } = await import('./agent.ts');
  await runAgent(command, { stderr: io.stderr, env: io.env ?? {}, signal, connection });
  return 0;
}

async function runJudge(command: JudgeCommand, context: Context): Promise<number> {
  const { io, signal } = context;
  const policy = command.policyFile === undefined ? BUILT_IN_POLICY : await readPolicy(command.policyFile);
  return forEach(command.bundles, context, async (bundle) => {
    const judged = await judgeBundle(bundle, { policy, now: io.now, signal });
    return command.output === 'json' ? jsonLine(judged) : text(judged);
  });
}

async function runCollect(command: CollectCommand, { io, signal, connection }: Context): Promise<number> {
  const progress = (line: string): void => io.stderr(`${printable(line)}\n`);
  const collected = await collectBundle(command, connection(), progress, signal);
  io.stdout(
    `${command.output === 'json' ? JSON.stringify(collected) : collectedText(collected).split('\n').map(printable).join('\n')}\n`,
  );
  return 0;
}

async function runReplay(command: ReplayCommand, context: Context): Promise<number> {
  const { io, signal, connection } = context;
  const policy = command.policyFile === undefined ? undefined : await readPolicy(command.policyFile);
  return forEach(command.subjects, context, async (subject) => {
    const replayed = await replaySubject(subject, command, { connection, policy, now: io.now, signal });
    return command.output === 'json' ? replayJson(replayed) : replayText(replayed);
  });
}

async function runExplain(command: ExplainCommand, context: Context): Promise<number> {
  const { signal, connection } = context;
  const show = command.output === 'json' ? explainJson : explainText;
  return forEach(command.subjects, context, async (subject) => {
    if ((await kindOfPath(subject)) === 'file')
      return (await readAnalyses(subject)).map(show).join(command.output === 'json' ? '\n' : '\n\n');
    const { namespace, analyses } = connection();
    return show(await analyses.get({ namespace, name: subject }, { signal }));
  });
}
