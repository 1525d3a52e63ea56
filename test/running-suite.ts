import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SUITES, type Suite, type SuiteName, type Tally } from './suites.ts';

/** How long a suite's process may linger after its last test: beyond this something was left open. */
const LINGER_MS = 15_000;
/** How long its output may outlast it: beyond this a process that it left holds the pipe. */
const DRAIN_MS = 2_000;

/** A suite in a process of its own. */
export interface RunningSuite {
  /** What came of it, once it has ended. */
  readonly tally: Promise<Tally>;
  /** Prints what it has said so far, and from now on everything at once. */
  show(): void;
}

/** Starts a suite, whose output is kept until {@link RunningSuite.show}. */
export function startSuite(name: SuiteName, write: (text: string | Buffer) => void): RunningSuite {
  const suite: Suite = SUITES[name];
  const kept: (string | Buffer)[] = [`\n${suite.title}\n`];
  let shown = false;
  const say = (text: string | Buffer): void => {
    if (shown) write(text);
    else kept.push(text);
  };
  const child = fork(
    join(import.meta.dirname, 'suite.ts'),
    [name, ...(process.stdout.isTTY === true ? ['--color'] : [])],
    { env: { ...process.env, ...suite.env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  child.stdout?.on('data', say);
  child.stderr?.on('data', say);
  return {
    tally: tallyOf(name, child, say),
    show: () => {
      shown = true;
      for (const text of kept.splice(0)) write(text);
    },
  };
}

async function tallyOf(name: SuiteName, child: ChildProcess, say: (text: string) => void): Promise<Tally> {
  let tally: Tally | undefined;
  let leaked = false;
  child.on('message', (message) => {
    tally = message as Tally;
    void sleep(LINGER_MS, undefined, { ref: false }).then(() => {
      leaked = child.kill('SIGKILL');
    });
  });
  const closed = once(child, 'close');
  const [code] = (await once(child, 'exit')) as [number | null];
  await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })]);
  const ended: Tally = tally ?? { passed: 0, failed: 0, skipped: 0, failures: [] };
  const fail = (reason: string): void => {
    say(`  ${reason}\n`);
    ended.failed += 1;
    ended.failures.push(reason);
  };
  if (leaked) fail(`The suite "${name}" left something open: its process had to be killed.`);
  if (tally === undefined) fail(`The suite "${name}" ended early (exit ${code}).`);
  return ended;
}
