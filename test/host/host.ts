import { join } from 'node:path';
import { buildGo, run } from './go-build.ts';

export { hasGo } from './go-build.ts';

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

/** The host program's path, built when its sources have changed; see {@link buildGo}. */
export async function buildHost(progress: (line: string) => void): Promise<string> {
  return join(await buildGo(import.meta.dirname, progress), 'host');
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
