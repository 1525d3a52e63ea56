import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/host/', import.meta.url));

/** A measurement as the host prints it: v1alpha1.Measurement in JSON. */
export interface ReportedMeasurement {
  readonly phase: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly value?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly resumeAt?: string;
}

/** What the host program saw (the `report` of main.go); errors are empty strings where there was none. */
export interface HostReport {
  /** Set when the plugin did not come as far as InitPlugin. */
  readonly error?: string;
  readonly dispenseUnknown: string;
  readonly initPlugin: string;
  /** The plugin exited by itself after InitPlugin had failed. */
  readonly initExit: boolean;
  readonly type: string;
  readonly ping: string;
  readonly run?: ReportedMeasurement;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly resume?: ReportedMeasurement;
  readonly resumeUnchanged: boolean;
  readonly terminate?: ReportedMeasurement;
  readonly garbageCollect: string;
  readonly rounds: number;
  readonly roundErrors: number;
  readonly firstRunMicroseconds: number;
  readonly nextRunMicroseconds: number;
  readonly killMs: number;
  readonly exited: boolean;
  /** hclog lines: the host's own and the plugin's, which come with a module of `plugin.NAME`. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

/** How the host program is run. */
export interface HostOptions {
  /** The plugin's command and its arguments. */
  readonly plugin: readonly string[];
  /** Path of an AnalysisRun in JSON; the program's default is an empty one. */
  readonly analysisRun?: string;
  /** Path of the resolved metric in JSON; default: the first of the AnalysisRun. */
  readonly metric?: string;
  /** Further rounds of Ping, Run and Resume by 30 callers; default 0. */
  readonly rounds?: number;
  /** Bytes of metadata in a measurement that Resume has to echo; default 0. */
  readonly payload?: number;
  /** An existing folder that receives the bytes of the session. */
  readonly record?: string;
  /** The environment of host and plugin; default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
}

/** True when a Go toolchain can be run. */
export async function hasGo(): Promise<boolean> {
  return (await run('go', ['version']).catch(() => undefined)) !== undefined;
}

/**
 * The host program's path, built when its sources have changed: minutes at first (Argo's rpc types need much of
 * Kubernetes), seconds with Go's caches warm. Says so through `progress`. Throws what the build printed.
 */
export async function buildHost(progress: (line: string) => void): Promise<string> {
  const sources = (await readdir(SOURCES)).filter((name) => /\.go$|^go\.(mod|sum)$/.test(name)).sort();
  const hash = createHash('sha256');
  for (const name of sources) hash.update(`${name}\0`).update(await readFile(`${SOURCES}${name}`));
  const folder = `${CACHE}${hash.digest('hex').slice(0, 16)}/`;
  const binary = `${folder}host`;
  if (await exists(binary)) return binary;
  progress('building the Go host of test/host (some minutes the first time)');
  await mkdir(folder, { recursive: true });
  const fresh = `${binary}.${process.pid}`;
  await run('go', ['build', '-buildvcs=false', '-trimpath', '-ldflags', '-s -w', '-o', fresh, '.'], {
    cwd: SOURCES,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  await rename(fresh, binary);
  return binary;
}

/** Runs the host program once, to its end. Throws what it printed to stderr when it fails. */
export async function runHost(binary: string, options: HostOptions): Promise<HostReport> {
  const flags = [
    ...flag('analysis-run', options.analysisRun),
    ...flag('metric', options.metric),
    ...flag('rounds', options.rounds),
    ...flag('payload', options.payload),
    ...flag('record', options.record),
  ];
  const env = options.env ?? process.env;
  return JSON.parse(await run(binary, [...flags, '--', ...options.plugin], { env })) as HostReport;
}

function flag(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`-${name}`, String(value)];
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
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
  });
}
