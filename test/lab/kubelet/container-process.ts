import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { ContainerLog } from './container-log.ts';

/** What a container runs, and where it leaves its traces. */
export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: ContainerLog;
  /** What the process leaves here becomes `terminated.message`. */
  readonly terminationMessagePath: string;
  /** If this file is there when the process ends, it counts as OOM-killed. */
  readonly oomMarkerPath: string;
}

/** How a process ended, in the kubelet's words. */
export interface ProcessExit {
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled` or, when it never ran, `StartError`. */
  readonly reason: string;
  readonly message?: string;
}

const SIGKILL_EXIT = 137;
const START_ERROR_EXIT = 128;
const MAX_MESSAGE = 4096;

/** One run of a container: a process group of its own, its output in the container's log. */
export class ContainerProcess {
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  readonly #spec: ProcessSpec;
  #oomKilled = false;

  constructor(spec: ProcessSpec) {
    this.#spec = spec;
    const [program = '', ...args] = spec.argv;
    this.#child = spawn(program, args, {
      cwd: spec.cwd,
      env: { ...spec.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => spec.log.append('stdout', chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => spec.log.append('stderr', chunk));
    this.exited = this.#wait();
  }

  /** Undefined when it never ran. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a signal to the whole group; nothing happens once it is gone. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      this.#child.kill(signal);
    }
  }

  /** Kills it the way the kernel does when memory runs out. */
  oomKill(): void {
    this.#oomKilled = true;
    this.signal('SIGKILL');
  }

  async #wait(): Promise<ProcessExit> {
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    this.#child.once('error', (error) => {
      if (this.#child.pid !== undefined) return;
      const message = `failed to create containerd task: failed to start container process: ${error.message}`;
      resolve({ exitCode: START_ERROR_EXIT, reason: 'StartError', message });
    });
    this.#child.once('exit', () => this.signal('SIGKILL'));
    this.#child.once('close', (code, signal) => {
      if (this.#child.pid !== undefined) resolve(this.#exit(code, signal));
    });
    const exit = await promise;
    this.#spec.log.close();
    return exit;
  }

  #exit(code: number | null, signal: NodeJS.Signals | null): ProcessExit {
    const { oomMarkerPath, terminationMessagePath } = this.#spec;
    const message = existsSync(terminationMessagePath)
      ? readFileSync(terminationMessagePath, 'utf8').slice(0, MAX_MESSAGE)
      : '';
    const words = message === '' ? {} : { message };
    if (this.#oomKilled || existsSync(oomMarkerPath))
      return { exitCode: SIGKILL_EXIT, reason: 'OOMKilled', ...words };
    const exitCode = signal === null ? (code ?? 0) : 128 + (constants.signals[signal] ?? 0);
    return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', ...words };
  }
}
