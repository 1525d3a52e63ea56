import { buildGoProgram, hasGo, type Progress } from '../lab/control-plane/go-build.ts';
import type { StoredMeasurement } from '../lab/driver/model.ts';
import { run } from '../support/run.ts';

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
  readonly run?: StoredMeasurement;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly resume?: StoredMeasurement;
  readonly resumeUnchanged: boolean;
  readonly terminate?: StoredMeasurement;
  readonly garbageCollect: string;
  readonly killMs: number;
  readonly exited: boolean;
  /** hclog lines: the host's own and the plugin's, which come with a module of `plugin.NAME`. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

/** What became of very many calls (soak.go). */
export interface SoakReport {
  readonly sequential: number;
  readonly concurrent: number;
  readonly pings: number;
  /** Answers that were errors, or another call's; at most ten. */
  readonly wrong: readonly string[];
  readonly killMs: number;
}

/** How a plugin that tells what it decoded took the arguments of one Run (values.go). */
export interface ValuesReport {
  readonly case: string;
  /** Of the arguments as Go's JSON: bytes, and values that are neither objects nor lists. */
  readonly bytes: number;
  readonly leaves: number;
  /** Struct fields that were set. */
  readonly fields: number;
  /** JSON paths at which Go's own gob does not bring what was sent. */
  readonly lost: readonly string[];
  /** JSON paths at which the plugin has something else than Go's own decoder. */
  readonly different: readonly string[];
}

/** How a plugin went with calls in flight, or what was left of them after SIGKILL (faults.go). */
export interface QuitReport {
  readonly killMs: number;
  /** Answers of the calls in flight, by phase, and the message of one that is an Error. */
  readonly phases: Readonly<Record<string, number>>;
  readonly error: string;
}

/** What a plugin that was killed left to the next process (faults.go). */
export interface CrashReport extends QuitReport {
  readonly pids: readonly number[];
  readonly stored: StoredMeasurement;
  /** What the second process answered to it, and, after calls were in flight there, the third. */
  readonly resumed: StoredMeasurement;
  readonly again: StoredMeasurement;
}

/** What a plugin answers while nobody decides (pending.go). */
export interface PendingReport extends QuitReport {
  /** What Resume made of the measurements in spite of that. */
  readonly wrong: readonly string[];
  readonly ping: string;
}

/** What the program does with the plugin, and what it then reports. */
export interface Scenarios {
  readonly session: HostReport;
  readonly soak: SoakReport;
  readonly values: readonly ValuesReport[];
  readonly quit: QuitReport;
  readonly crash: CrashReport;
  readonly pending: PendingReport;
}

/** How the host program is run. */
export interface HostOptions {
  /** The plugin's command and its arguments. */
  readonly plugin: readonly string[];
  /** Path of an AnalysisRun in JSON; the program's default is an empty one. */
  readonly analysisRun?: string;
  /** Path of the resolved metric in JSON; default: the first of the AnalysisRun. */
  readonly metric?: string;
  /** session: bytes of metadata in a measurement that Resume has to echo; default 0. */
  readonly payload?: number;
  /** soak: calls of one caller, and again as many of 30 at once; default 0. */
  readonly calls?: number;
  /** soak: Run once and go on with that measurement; default: measurements of all names. */
  readonly runOnce?: boolean;
  /** quit, crash, pending: calls in flight; default 0. */
  readonly callers?: number;
  /** quit: a URL that answers how many calls wait; default: the plugin's metadata `waiting`. */
  readonly inFlight?: string;
  /** session: an existing folder that receives its bytes. */
  readonly record?: string;
  /** The environment of host and plugin; default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The host program's path, built when its sources, the compiler or the platform have changed. */
export function buildHost(progress: Progress): Promise<string> {
  return buildGoProgram(
    {
      name: 'host',
      module: import.meta.dirname,
      package: '.',
      about: "a host with Argo Rollouts' own plugin client (some 3 minutes on two cores)",
    },
    progress,
  );
}

/** For the set-up of tests: the host program, or all of them are skipped where there is nothing to build it with. */
export async function requireHost(context: { skip(): never }): Promise<string> {
  const say = (line: string): void => void process.stdout.write(`    ${line}\n`);
  if (await hasGo()) return await buildHost(say);
  say('skipped: there is no go on the PATH to build the host program with');
  return context.skip();
}

/** Makes every call once. Throws what the program printed to stderr when it fails. */
export function runHost(binary: string, options: HostOptions): Promise<HostReport> {
  return runScenario(binary, 'session', options);
}

/** Runs the host program once, to its end. Throws what it printed to stderr when it fails. */
export async function runScenario<Name extends keyof Scenarios>(
  binary: string,
  scenario: Name,
  options: HostOptions,
): Promise<Scenarios[Name]> {
  const flags = [
    ...flag('scenario', scenario),
    ...flag('analysis-run', options.analysisRun),
    ...flag('metric', options.metric),
    ...flag('payload', options.payload),
    ...flag('calls', options.calls),
    ...(options.runOnce === true ? ['-run-once'] : []),
    ...flag('callers', options.callers),
    ...flag('in-flight', options.inFlight),
    ...flag('record', options.record),
  ];
  const env = options.env ?? process.env;
  return JSON.parse(await run(binary, [...flags, '--', ...options.plugin], { env })) as Scenarios[Name];
}

function flag(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`-${name}`, String(value)];
}
