import { type ChildProcess, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kubeconfig } from '../lab/kubeconfig.ts';
import type { IntegrationLab } from './api-servers.ts';

const MAIN = join(import.meta.dirname, '../../operator/cli/main.ts');

/** `canary-analysis agent` as a process of its own, with an account of the lab. */
export class AgentProcess {
  readonly url: string;
  readonly log: readonly Record<string, unknown>[];
  readonly #lines: EventEmitter;
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    lines: EventEmitter,
    log: readonly Record<string, unknown>[],
    port: number,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.log = log;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts it on free ports and waits until it listens. */
  static async start(
    lab: IntegrationLab,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<AgentProcess> {
    const config = join(lab.directory, 'agent.kubeconfig');
    const endpoint = {
      url: lab.url,
      token: await lab.tokenFor('operator'),
      ...(lab.caFile === undefined ? {} : { ca: await readFile(lab.caFile, 'utf8') }),
    };
    await writeFile(config, kubeconfig(endpoint, 'agent'), { mode: 0o600 });
    const child = spawn(
      process.execPath,
      [MAIN, 'agent', '--port', '0', '--grpc-port', '0', '--kubeconfig', config, ...args],
      { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const log: Record<string, unknown>[] = [];
    const lines = createInterface({ input: child.stderr });
    const port = await new Promise<number>((resolve, reject) => {
      lines.on('line', (line) => {
        const entry = parsed(line);
        log.push(entry);
        if (entry['message'] === 'agent started') resolve(Number(entry['port']));
      });
      child.once('exit', (code) => reject(new Error(`the agent ended with ${code}: ${JSON.stringify(log)}`)));
    });
    return new AgentProcess(child, lines, log, port);
  }

  /** Resolves when it has logged a message, about a namespace where one is named. */
  async logged(message: string, namespace?: string): Promise<void> {
    const told = (): boolean =>
      this.log.some(
        (entry) =>
          entry['message'] === message && (namespace === undefined || entry['namespace'] === namespace),
      );
    while (!told()) await once(this.#lines, 'line');
  }

  /** Asks it to stop and gives its exit status. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    return code;
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { line };
  }
}
