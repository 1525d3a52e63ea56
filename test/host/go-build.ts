import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '../../.cache');

/** True when a Go toolchain can be run. */
export async function hasGo(): Promise<boolean> {
  return (await run('go', ['version']).catch(() => undefined)) !== undefined;
}

/**
 * The folder with the commands of a Go module, built when its sources have changed: minutes at first (Argo's rpc types
 * need much of Kubernetes), seconds with Go's caches warm. Says so through `progress`. Throws what the build printed.
 */
export async function buildGo(module: string, progress: (line: string) => void): Promise<string> {
  const name = module.replace(/^.*\/(?=[^/]+\/?$)/, '').replace(/\/$/, '');
  const sources = globSync(['**/*.go', 'go.{mod,sum}'], { cwd: module }).sort();
  const hash = createHash('sha256');
  for (const source of sources) hash.update(`${source}\0`).update(await readFile(join(module, source)));
  const folder = join(CACHE, name, hash.digest('hex').slice(0, 16));
  if (await exists(folder)) return folder;
  progress(`building the Go programs of test/${name} (some minutes the first time)`);
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  await run(
    'go',
    ['build', '-buildvcs=false', '-trimpath', '-ldflags', '-s -w', '-o', `${fresh}/`, './...'],
    {
      cwd: module,
      env: { ...process.env, CGO_ENABLED: '0' },
    },
  );
  await rename(fresh, folder).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true });
    if (!(await exists(folder))) throw error;
  });
  return folder;
}

/** Runs a program to its end and gives its stdout. Throws what it printed to stderr when it fails. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<string> {
  const { input = '', ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command} ${args[0] ?? ''} ended with ${code ?? signal}: ${stderr}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
