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
import { type OperatorProcess, startOperator } from '../../lab/system.ts';
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
  readonly controller: RolloutsController;
  readonly operator: OperatorProcess;
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
    const controller = await startRolloutsController(lab, { minor, plugins, progress });
    ends.push(() => controller.stop());
    const operator = await startOperator({
      url: lab.url,
      caFile: lab.caFile,
      directory: lab.directory,
      tokenFor: (account) => lab.serviceAccountToken(account === 'operator' ? OPERATOR : CONTROLLER),
    });
    ends.push(() => operator.stop());
    return {
      minor,
      lab,
      controller,
      operator,
      pluginPid: () => childOf(controller.process.pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
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
