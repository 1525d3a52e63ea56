import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../examples/demo/main.ts');

/** How a demo is run. */
export interface DemoOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Sends SIGINT to the demo and all its processes, as a terminal does for Ctrl-C, once it has printed this. */
  readonly interruptAt?: RegExp;
  /** Called with each line of its progress. */
  readonly onLine?: (line: string) => void;
}

/** What a demo printed, how it ended, and what it left: files, and processes that run on. */
export interface DemoRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly left: readonly string[];
}

/** Runs the demo to its end, with a folder for temporary files of its own. */
export async function runDemo({ env = {}, interruptAt, onLine }: DemoOptions = {}): Promise<DemoRun> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const child = spawn(process.execPath, [PROGRAM], {
    detached: true,
    env: { ...process.env, LAB: '', ...env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid = 0 } = child;
  let [stdout, stderr, interrupted] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const line of text.split('\n')) if (/^ *\d+\.\d s /.test(line)) onLine?.(line);
    if (interrupted || interruptAt?.test(stdout) !== true) return;
    interrupted = true;
    process.kill(-pid, 'SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const left = [...(await readdir(folder)), ...(await processesIn(folder))];
  await rm(folder, { recursive: true, force: true });
  return { stdout, stderr, code, left };
}

/** The processes that were given this folder for temporary files, or work in it. */
async function processesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (environment.split('\0').includes(`TMPDIR=${folder}`) || directory.startsWith(folder))
      found.push((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
  }
  return found;
}
