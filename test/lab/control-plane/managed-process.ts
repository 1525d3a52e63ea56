import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import type { Command } from './programs.ts';

/** A program of the lab with its output in a file. */
export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** Rejects, with the end of its log, when the process ends before it was stopped. */
  readonly died: Promise<never>;
  /** SIGTERM, and SIGKILL when it is still there after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/** Starts a program; its output goes to `logFile`. */
export async function startProcess(
  name: string,
  command: Command,
  args: readonly string[],
  options: { logFile: string; cwd: string; env?: Readonly<Record<string, string>> },
): Promise<ManagedProcess> {
  const log = await open(options.logFile, 'a');
  const child = spawn(command.file, [...command.args, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  let stopping = false;
  const died = exited.then(async (how): Promise<never> => {
    if (stopping) return new Promise<never>(() => undefined);
    throw new Error(`${name} ended (${how}):\n${await tailOf(options.logFile)}`);
  });
  died.catch(() => undefined);
  return {
    name,
    pid: child.pid ?? -1,
    died,
    stop: async (graceMs = 10_000) => {
      stopping = true;
      await terminate(child, exited, graceMs);
    },
  };
}

async function terminate(child: ChildProcess, exited: Promise<unknown>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
}

async function tailOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').slice(-15).join('\n');
}
