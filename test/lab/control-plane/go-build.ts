import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { arch, homedir, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A Go program to build from a module of ours that pins somebody else's. */
export interface GoProgram {
  /** File name of the executable. */
  readonly name: string;
  /** Folder with `go.mod` and `go.sum`. */
  readonly module: string;
  /** What to build: a package path, or `.` for the module itself. */
  readonly package: string;
  /** What is in it and how long its first build takes on two cores, for who waits. */
  readonly about: string;
  /** `-X` settings for the linker. */
  readonly stamp?: Readonly<Record<string, string>>;
  /** Build tags, which leave out what is not used. */
  readonly tags?: readonly string[];
}

/** Says what is going on; called with one line at a time. */
export type Progress = (line: string) => void;

/** Between two lines about the same build or download. */
const REPORT_MS = 10_000;

const run = promisify(execFile);

/**
 * The path of a built program: from the cache when the same sources were built before, else built now, with progress.
 * The cache is `$XDG_CACHE_HOME/canary-analysis` (`~/.cache/canary-analysis`), one folder per content of the module.
 * @throws Error that says what is missing when there is no Go, or what the compiler said; when the signal fires, an AbortError.
 */
export async function buildGoProgram(
  program: GoProgram,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string> {
  const goVersion = await requireGo(program.name);
  const target = join(cacheFolder(), `${program.name}-${await digestOf(program, goVersion)}`, program.name);
  if (await exists(target)) return target;
  progress(`building ${program.about}; once, needs the Go module proxy or a warm module cache ...`);
  const started = Date.now();
  await mkdir(dirname(dirname(target)), { recursive: true });
  const folder = await mkdtemp(`${dirname(target)}-`);
  try {
    await compile(program, join(folder, program.name), progress, signal);
    await rm(dirname(target), { recursive: true, force: true });
    await rename(folder, dirname(target));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  progress(`built ${program.name} in ${Math.round((Date.now() - started) / 1000)} s`);
  return target;
}

/** Whether the `go` command can be run. */
export async function hasGo(): Promise<boolean> {
  return run('go', ['version']).then(
    () => true,
    () => false,
  );
}

async function requireGo(name: string): Promise<string> {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION']);
    return stdout.trim();
  } catch (cause) {
    throw new Error(
      `${name} is built from source and there is no Go: install Go 1.26 or later (https://go.dev/dl)`,
      {
        cause,
      },
    );
  }
}

async function compile(
  program: GoProgram,
  output: string,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const settings = Object.entries(program.stamp ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const flags = ['build', '-v', '-trimpath', '-ldflags', ['-s', '-w', ...settings].join(' '), '-o', output];
  if (program.tags !== undefined) flags.push('-tags', program.tags.join(','));
  const child = spawn('go', [...flags, program.package], {
    cwd: program.module,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  const tail: string[] = [];
  const done = { downloaded: 0, compiled: 0 };
  let reported = Date.now();
  createInterface(child.stderr).on('line', (line) => {
    tail.push(line);
    if (tail.length > 30) tail.shift();
    done[line.startsWith('go: downloading') ? 'downloaded' : 'compiled'] += 1;
    if (Date.now() - reported < REPORT_MS) return;
    reported = Date.now();
    const downloads = done.downloaded === 0 ? '' : `${done.downloaded} modules downloaded, `;
    progress(`  ${program.name}: ${downloads}${done.compiled} packages compiled`);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`go build of ${program.name} failed (exit ${code}):\n${tail.join('\n')}`);
}

/** Equal for equal sources, settings, compiler and platform. */
async function digestOf(program: GoProgram, goVersion: string): Promise<string> {
  const hash = createHash('sha256');
  const { package: path, stamp = {}, tags = [] } = program;
  hash.update(JSON.stringify([path, stamp, goVersion, platform(), arch(), ...tags]));
  for (const file of (await readdir(program.module, { recursive: true })).sort()) {
    if (/\.go$|^go\.(mod|sum)$/.test(file))
      hash.update(file).update(await readFile(join(program.module, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'canary-analysis');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Where the sources of a module that `module` requires are; downloaded, which `progress` is told, when they are not there yet.
 * @throws Error that says what is missing when there is no Go, or what the download said.
 */
export async function moduleFolder(module: string, path: string, progress: Progress): Promise<string> {
  await requireGo(path);
  const cached = await download(module, path, { GOPROXY: 'off' }).catch(() => undefined);
  if (cached !== undefined) return cached;
  progress(`downloading the Go module ${path} ...`);
  return download(module, path, {});
}

async function download(module: string, path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const args = ['mod', 'download', '-json', path];
  const answer = await run('go', args, { cwd: module, env: { ...process.env, ...env } }).catch(
    (error: { stdout?: string; message: string }) => ({
      stdout: error.stdout || JSON.stringify({ Error: error.message }),
    }),
  );
  const { Dir, Error: problem } = JSON.parse(answer.stdout) as { Dir?: string; Error?: string };
  if (Dir === undefined) throw new Error(`the Go module ${path} could not be downloaded: ${problem}`);
  return Dir;
}
