import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../control-plane/go-build.ts';
import type { RolloutsMinor } from '../control-plane/programs.ts';
import { type GitHubDouble, startGitHubDouble } from '../doubles/github.ts';
import { Reviewer } from '../doubles/patient-reviewer.ts';
import { type Endings, endAll } from '../endings.ts';
import type { ImageRegistry } from '../kubelet/images.ts';
import { type RealLab, startRealLab } from '../real-lab.ts';
import { SHOP } from '../shop/shop.ts';
import { type Account, type LogLine, type OperatorProcess, PLUGIN_NAMES, startOperator } from '../system.ts';
import { CONTROLLER, type RolloutsController, startRolloutsController } from './controller.ts';
import { InstalledAgent } from './installed-agent.ts';
import { applyLeastPrivilege, OPERATOR } from './least-privilege.ts';
import { placePrograms, registerPlugin } from './shipped-programs.ts';

/** The controller marks a plugin as gone after it has logged that, once its log is synced to disk; nothing else tells of it. */
const MARKED_MS = 1_000;

/** How an environment differs from the usual one. */
export interface EnvironmentOptions {
  /** The names that the controller knows the plugin by; one when absent. */
  readonly pluginNames?: readonly string[];
  /** Whether there are two operators, of whom one is elected, as where they are installed; one that is not when absent. */
  readonly elected?: boolean;
  /** False: operators know no reviewer, and have no key for one. */
  readonly withReviewer?: boolean;
  /** False: no operator runs. */
  readonly withOperator?: boolean;
}

/**
 * What rollouts run on: a real control plane, the stock Argo Rollouts controller of one minor with the bundled plugin,
 * and the bundled operator as a process of its own; each of them under its own account and its least rights.
 */
export interface Environment {
  readonly minor: RolloutsMinor;
  readonly lab: RealLab;
  /** Whom operators may ask; nobody is asked unless a template says so. */
  readonly reviewer: Reviewer;
  /** Whom operators ask as the kubernetes-agent; it runs nowhere until a scenario installs and scales it. */
  readonly agent: InstalledAgent;
  /** What operators report to; it knows no repository until a scenario adds one. */
  readonly gitHub: GitHubDouble;
  /** The controller that was started last, and all its predecessors. */
  readonly controllers: readonly [RolloutsController, ...RolloutsController[]];
  /** What all operators have logged. */
  operatorLog(): LogLine[];
  /** Starts an operator beside those that run. */
  startOperator(
    options?: Pick<Parameters<typeof startOperator>[1] & object, 'args' | 'env'>,
  ): Promise<OperatorProcess>;
  /** SIGKILL for every operator that runs. */
  killOperators(): Promise<void>;
  /** Starts a controller beside those that run; it is the first of {@link controllers} from now on. */
  startController(...args: readonly string[]): Promise<RolloutsController>;
  /** SIGTERM for every controller that runs, and another with these flags besides the usual ones. */
  restartController(...args: readonly string[]): Promise<RolloutsController>;
  /** SIGKILL for the controller, which does not end its plugin. */
  killController(): Promise<void>;
  /** The plugin's process, which a controller starts at its first measurement; undefined while there is none. */
  pluginPid(controller?: RolloutsController): Promise<number | undefined>;
  /** The plugin's process, as soon as there is one. */
  untilPlugin(signal: AbortSignal, controller?: RolloutsController): Promise<number>;
  /** SIGKILL for the plugin; returns its process when the controller has noticed, or it would take the next call for a failure. */
  killPlugin(signal: AbortSignal): Promise<number>;
  /** The plugin's processes, one for each name in use. */
  pluginPids(): Promise<readonly number[]>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** Brings an environment up: seconds when its programs are built, else some ten minutes. */
export async function startEnvironment(
  minor: RolloutsMinor,
  progress: Progress,
  {
    pluginNames = PLUGIN_NAMES,
    withOperator = true,
    withReviewer = true,
    elected = false,
  }: EnvironmentOptions = {},
): Promise<Environment> {
  const images: ImageRegistry = { ...SHOP.images };
  const lab = await startRealLab({
    rollouts: minor,
    progress,
    ...SHOP,
    images,
  });
  const ends: Endings = [() => lab.stop()];
  const stop = (): Promise<void> => endAll(ends);
  try {
    const programs = await placePrograms(lab.directory);
    const reviewer = await Reviewer.start();
    ends.push(() => reviewer.close());
    const agent = await InstalledAgent.at(lab, images, programs.cli);
    ends.push(() => agent.close());
    const gitHub = await startGitHubDouble({ token: 'a-token' });
    ends.push(() => gitHub.close());
    await applyLeastPrivilege(lab);
    const plugins = await registerPlugin(lab, programs, pluginNames);
    const start = (...args: readonly string[]) =>
      startRolloutsController(lab, { minor, plugins, progress, args });
    const controllers: [RolloutsController, ...RolloutsController[]] = [await start()];
    const orphans: number[] = [];
    const stopControllers = () => Promise.all(controllers.map((one) => one.stop()));
    ends.push(async () => orphans.forEach(killProcess));
    ends.push(stopControllers);
    const operators: OperatorProcess[] = [];
    ends.push(() => Promise.all(operators.map((one) => one.stop())));
    const cluster = {
      url: lab.url,
      caFile: lab.caFile,
      directory: lab.directory,
      tokenFor: (account: Account) => lab.serviceAccountToken(account === 'operator' ? OPERATOR : CONTROLLER),
    };
    const environment: Environment = {
      minor,
      lab,
      reviewer,
      agent,
      gitHub,
      controllers,
      operatorLog: () => operators.flatMap(({ log }) => log),
      startOperator: async ({ args = [], env = {} } = {}) => {
        const operator = await startOperator(cluster, {
          program: programs.operator,
          config: {
            ...(withReviewer
              ? {
                  reviewers: {
                    gemini: { baseURL: reviewer.url },
                    a2a: { url: agent.url },
                    allowedOrigins: [reviewer.url],
                  },
                }
              : {}),
            gitHub: { webURL: 'https://github.com', apiURL: gitHub.url },
          },
          env: {
            ...(withReviewer ? { GOOGLE_API_KEY: 'a-key' } : {}),
            GITHUB_TOKEN: 'a-token',
            POD_NAME: `operator-${operators.length}`,
            POD_NAMESPACE: OPERATOR.namespace,
            ...env,
          },
          args: [...(elected ? ['--leader-elect'] : []), ...args],
        });
        operators.push(operator);
        return operator;
      },
      killOperators: async () => void (await Promise.all(operators.map((one) => one.kill()))),
      startController: async (...args) => {
        controllers.unshift(await start(...args));
        return controllers[0];
      },
      restartController: async (...args) => {
        await stopControllers();
        return await environment.startController(...args);
      },
      killController: async () => {
        const [{ process }] = controllers;
        orphans.push(...(await childrenOf(process.pid)));
        killProcess(process.pid);
        await process.stop();
      },
      pluginPid: async ({ process } = controllers[0]) => (await childrenOf(process.pid))[0],
      untilPlugin: async (signal, controller) => {
        for (;;) {
          const pid = await environment.pluginPid(controller);
          if (pid !== undefined) return pid;
          await sleep(50, undefined, { signal });
        }
      },
      killPlugin: async (signal) => {
        const [{ process, logFile }] = controllers;
        const [pid] = await childrenOf(process.pid);
        if (pid === undefined) throw new Error('no plugin runs');
        const exits = async () => (await readFile(logFile, 'utf8')).split('plugin process exited').length;
        const before = await exits();
        killProcess(pid);
        while ((await exits()) === before)
          await Promise.race([sleep(50, undefined, { signal }), process.died]);
        await sleep(MARKED_MS, undefined, { signal });
        return pid;
      },
      pluginPids: () => childrenOf(controllers[0].process.pid),
      stop,
    };
    const replicas = withOperator ? (elected ? 2 : 1) : 0;
    for (let started = 0; started < replicas; started++) await environment.startOperator();
    return environment;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** SIGKILL, also where there is no such process any more. */
function killProcess(pid: number): void {
  signalProcess(pid, 'SIGKILL');
}

/** Sends a signal; false where there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** The living children of a process (proc(5): the parent is the second field after the command's closing bracket). */
async function childrenOf(parent: number): Promise<number[]> {
  const children: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(ppid) === parent && state !== 'Z') children.push(Number(entry));
  }
  return children;
}
