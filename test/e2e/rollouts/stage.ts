import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../lab/control-plane/go-build.ts';
import type { RolloutsMinor } from '../../lab/control-plane/programs.ts';
import { type RealLab, startRealLab } from '../../lab/real-lab.ts';
import {
  CONTROLLER,
  type RolloutsController,
  startRolloutsController,
} from '../../lab/rollouts-controller.ts';
import { type Account, type LogLine, type OperatorProcess, startOperator } from '../../lab/system.ts';
import { applyLeastPrivilege, OPERATOR } from './least-privilege.ts';
import { pluginRegistration } from './plugin-bundle.ts';

const SERVICE = ['node', join(import.meta.dirname, '../../../examples/demo/service.ts')];

/**
 * What rollouts are played on: a real control plane, the stock Argo Rollouts controller of one minor with the bundled plugin,
 * and the operator as a process of its own; each of them under its own account and its least rights.
 */
export interface Stage {
  readonly minor: RolloutsMinor;
  readonly lab: RealLab;
  /** The controller that runs, and all its predecessors. */
  readonly controllers: readonly [RolloutsController, ...RolloutsController[]];
  /** What all operators have logged. */
  operatorLog(): LogLine[];
  /** Starts an operator beside those that run. */
  startOperator(options?: Parameters<typeof startOperator>[1]): Promise<OperatorProcess>;
  /** SIGKILL for every operator that runs. */
  killOperators(): Promise<void>;
  /** SIGKILL for the controller, which leaves its plugin alive, and another controller. */
  replaceController(): Promise<void>;
  /** The plugin's process, which the controller starts at the first measurement; undefined while there is none. */
  pluginPid(): Promise<number | undefined>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** Brings a stage up: seconds when its programs are built, else some ten minutes. */
export async function startStage(minor: RolloutsMinor, progress: Progress): Promise<Stage> {
  const lab = await startRealLab({
    rollouts: minor,
    progress,
    images: { 'shop:v1': SERVICE, 'shop:v2': SERVICE },
    backoff: { baseMs: 1_000, maxMs: 5_000 },
  });
  const ends: (() => Promise<unknown>)[] = [() => lab.stop()];
  const stop = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    await applyLeastPrivilege(lab);
    const plugins = [await pluginRegistration(lab)];
    const controllers: [RolloutsController, ...RolloutsController[]] = [
      await startRolloutsController(lab, { minor, plugins, progress }),
    ];
    const orphans: number[] = [];
    ends.push(async () => orphans.forEach(killProcess));
    ends.push(() => controllers[0].stop());
    const operators: OperatorProcess[] = [];
    ends.push(() => Promise.all(operators.map((one) => one.stop())));
    const cluster = {
      url: lab.url,
      caFile: lab.caFile,
      directory: lab.directory,
      tokenFor: (account: Account) => lab.serviceAccountToken(account === 'operator' ? OPERATOR : CONTROLLER),
    };
    const stage: Stage = {
      minor,
      lab,
      controllers,
      operatorLog: () => operators.flatMap(({ log }) => log),
      startOperator: async (options) => {
        const operator = await startOperator(cluster, options);
        operators.push(operator);
        return operator;
      },
      killOperators: async () => void (await Promise.all(operators.map((one) => one.kill()))),
      replaceController: async () => {
        const [{ process }] = controllers;
        const plugin = await childOf(process.pid);
        if (plugin !== undefined) orphans.push(plugin);
        killProcess(process.pid);
        await process.stop();
        controllers.unshift(await startRolloutsController(lab, { minor, plugins, progress }));
      },
      pluginPid: () => childOf(controllers[0].process.pid),
      stop,
    };
    await stage.startOperator();
    return stage;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** SIGKILL, also where there is no such process any more. */
function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The first living child of a process (proc(5): the parent is the second field after the command's closing bracket). */
async function childOf(parent: number): Promise<number | undefined> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(ppid) === parent && state !== 'Z') return Number(entry);
  }
  return undefined;
}
