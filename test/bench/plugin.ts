import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildGoProgram } from '../lab/control-plane/go-build.ts';
import { installPlugin } from '../lab/installed-plugin.ts';
import { type ApiStub, startApiStub } from './api-stub.ts';
import { largeRun } from './large-run.ts';
import { type By, type Contender, Load, type Method, type Turn } from './load.ts';
import { holds, type Row, table } from './report.ts';
import { median, pairedRatio } from './statistics.ts';

const root = join(import.meta.dirname, '../..');
const METHODS: readonly Method[] = ['Run', 'Resume', 'Terminate', 'GarbageCollect', 'GetMetadata', 'Ping'];
/** Those that the budget names. */
const BUDGETED: readonly Method[] = ['Run', 'Resume', 'Terminate'];
const RATIO_BUDGET = new Map([
  [1, 1.5],
  [30, 1.75],
]);

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const [before = Number.NaN] = loadavg();
  try {
    const load = new Load(await buildProgram('load', 'the load generator'));
    const goPlugin = await buildProgram('go-plugin', 'a minimal plugin in Go');
    const contenders = await makeContenders(folder, goPlugin);
    const analysisRun = await writeAnalysisRun(folder);
    const rows = [
      ...(await starts(load, contenders, analysisRun)),
      ...(await calls(load, contenders, analysisRun)),
      ...(await largeCalls(load, contenders, analysisRun, folder)),
      ...(await memory(load, contenders, analysisRun)),
      ...(await runs(load, contenders, analysisRun)),
      ...(await reviewed(load, contenders, analysisRun)),
    ];
    const [, during = Number.NaN] = loadavg();
    process.stdout.write(`\n${table(rows)}\n\n`);
    process.stdout.write(
      `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${availableParallelism()} processors, ` +
        `load average ${before.toFixed(1)} before and ${during.toFixed(1)} during.\n`,
    );
    const failing = rows.filter((row) => holds(row) === false);
    process.stdout.write(
      failing.length === 0
        ? 'Every budget is met.\n'
        : `Not met: ${failing.map(({ what }) => what).join('; ')}.\n`,
    );
    const file = join(root, 'build/bench-plugin.json');
    await mkdir(join(root, 'build'), { recursive: true });
    const facts = {
      date: new Date().toISOString(),
      node: process.version,
      processors: availableParallelism(),
      load: { before, during },
    };
    await writeFile(
      file,
      `${JSON.stringify({ ...facts, rows: rows.map((row) => ({ ...row, pass: holds(row) })) }, null, 2)}\n`,
    );
    process.stdout.write('The numbers are in build/bench-plugin.json.\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}

function buildProgram(name: string, what: string): Promise<string> {
  const about = `${what} (some 3 minutes on two cores)`;
  return buildGoProgram({ name, module: import.meta.dirname, package: `./${name}`, about }, say);
}

/** The host tests' AnalysisRun with a configuration that the whole plugin takes. */
async function writeAnalysisRun(folder: string): Promise<string> {
  const run = JSON.parse(await readFile(join(root, 'test/host/analysis-run.json'), 'utf8'));
  const config = { extraPrompt: 'zażółć gęślą jaźń', baseBranch: 'main' };
  run.spec.metrics[0].provider.plugin = { 'argoproj-labs/metric-ai': config };
  const file = join(folder, 'analysis-run.json');
  await writeFile(file, JSON.stringify(run));
  return file;
}

interface Contenders {
  /** The minimal plugin in Go. */
  readonly go: Contender;
  /** Our protocol in front of the same answers. */
  readonly stub: Contender;
  /** The same, with every field of its arguments decoded, as Go's does. */
  readonly whole: Contender;
  /** Our plugin, as it is installed, in front of an API server; `namespace` overrides the AnalysisRun's. */
  plugin(api: ApiStub, name?: string, namespace?: string): Extract<Contender, { command: unknown }>;
}

async function makeContenders(folder: string, goPlugin: string): Promise<Contenders> {
  const stub = join(folder, 'stub.mjs');
  await build({
    entryPoints: [join(root, 'test/host/stub-plugin.ts')],
    outfile: stub,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
  });
  const installed = await installPlugin(join(folder, 'metric-ai'), join(root, 'build/plugin.mjs'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'bench');
  const plugin = (api: ApiStub, name = 'plugin', namespace = 'shop') => {
    const caFile = join(folder, `${new URL(api.url).port}.crt`);
    writeFileSync(caFile, api.ca);
    const access = ['--api-server', api.url, '--ca-file', caFile, '--token-file', tokenFile];
    return { name, command: [...installed, ...access, '--namespace', 'argo-rollouts'], namespace };
  };
  const runStub = installed.map((part) => (part.endsWith('/plugin.mjs') ? stub : part));
  return {
    go: { name: 'go', command: [goPlugin] },
    stub: { name: 'stub', command: [...runStub, '--quiet', '--lean'] },
    whole: { name: 'whole', command: [...runStub, '--quiet'] },
    plugin,
  };
}

async function starts(load: Load, { go, plugin, stub }: Contenders, analysisRun: string): Promise<Row[]> {
  say('start, memory after it, the first Run');
  const bare: Contender = { name: 'node', command: [process.execPath, '-e', '0'], bare: true };
  const samples = await withApi((api) =>
    load.starts({ rounds: 20, settleMs: 500, analysisRun, contenders: [go, bare, plugin(api), stub] }),
  );
  const compare = (what: string, key: 'startMs' | 'residentMB' | 'firstRunMs' | 'killMs', name: string) => {
    const ours = values(samples[name], (sample) => sample[key]);
    const other = values(samples['go'], (sample) => sample[key]);
    const unit = key === 'residentMB' ? ('MB' as const) : ('ms' as const);
    return { what, unit, other: median(other), ours: median(ours), ratio: pairedRatio(ours, other) };
  };
  return [
    {
      ...compare('process start to InitPlugin answered', 'startMs', 'plugin'),
      budget: { of: 'ours', most: 75 },
    },
    { ...compare('resident 0.5 s after it', 'residentMB', 'plugin'), budget: { of: 'ours', most: 70 } },
    compare('of which bare Node (node -e 0, to its end)', 'startMs', 'node'),
    compare('first Run (219 type definitions), stub', 'firstRunMs', 'stub'),
    compare('first Run, with a create', 'firstRunMs', 'plugin'),
    compare('Quit to the end of the process', 'killMs', 'plugin'),
  ];
}

async function calls(load: Load, { go, stub, plugin }: Contenders, analysisRun: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const callers of [1, 30]) {
    say(`calls of ${callers} at once`);
    const turns = await load.calls({
      rounds: 9,
      calls: callers === 1 ? 1000 : 3000,
      callers,
      methods: METHODS,
      analysisRun,
      contenders: [go, stub],
    });
    for (const method of METHODS) {
      const most = BUDGETED.includes(method) ? RATIO_BUDGET.get(callers) : undefined;
      rows.push(...compareTurns(`${method}, ${callers} at once`, turns, method, 'stub', most));
    }
    const real = await withApi((api) =>
      load.calls({
        rounds: 5,
        calls: callers === 1 ? 1000 : 3000,
        callers,
        methods: ['Resume'],
        analysisRun,
        contenders: [go, plugin(api)],
      }),
    );
    rows.push(...compareTurns(`Resume, ${callers} at once, the whole plugin`, real, 'Resume', 'plugin'));
  }
  return rows;
}

async function largeCalls(
  load: Load,
  { go, stub, whole }: Contenders,
  analysisRun: string,
  folder: string,
): Promise<Row[]> {
  say('AnalysisRuns of 214 kB');
  const file = join(folder, 'large.json');
  await writeFile(file, JSON.stringify(largeRun(JSON.parse(await readFile(analysisRun, 'utf8')), 214_000)));
  const rows: Row[] = [];
  for (const callers of [1, 30]) {
    const turns = await load.calls({
      rounds: 7,
      calls: callers === 1 ? 100 : 300,
      callers,
      methods: ['Run'],
      analysisRun: file,
      contenders: [go, stub, whole],
    });
    const what = `Run with 214 kB, ${callers} at once`;
    rows.push(
      ...compareTurns(what, turns, 'Run', 'stub', RATIO_BUDGET.get(callers)),
      ...compareTurns(`${what}, every field decoded`, turns, 'Run', 'whole'),
    );
  }
  return rows;
}

async function memory(load: Load, { go, stub, plugin }: Contenders, analysisRun: string): Promise<Row[]> {
  say('memory after 100,000 calls');
  const plan = { rounds: 1, calls: 100_000, callers: 30, analysisRun };
  const bare = await load.memory({ ...plan, methods: METHODS, contenders: [go, stub] });
  const methods: Method[] = ['Run', 'Resume', 'GarbageCollect', 'GetMetadata', 'Ping'];
  const whole = await withApi((api) => load.memory({ ...plan, methods, contenders: [plugin(api)] }));
  const row = (what: string, ours: readonly number[] = []): Row => {
    const last = ours.at(-1) ?? Number.NaN;
    const other = bare['go']?.at(-1) ?? Number.NaN;
    return { what, unit: 'MB', other, ours: last, ratio: last / other, budget: { of: 'ours', most: 100 } };
  };
  return [
    row('resident after 100,000 calls, stub', bare['stub']),
    row('resident after 100,000 calls, the whole plugin', whole['plugin']),
  ];
}

async function runs(load: Load, { plugin }: Contenders, analysisRun: string): Promise<Row[]> {
  say('Run beside the API server alone');
  const rows: Row[] = [];
  for (const { callers, calls, rounds, what } of [
    { callers: 1, calls: 100, rounds: 20, what: '1 at once' },
    { callers: 30, calls: 30, rounds: 20, what: '30 at once' },
    { callers: 30, calls: 900, rounds: 7, what: '30 at once without a pause' },
  ]) {
    const { api: bare, plugin: ours } = await withApi((api) =>
      load.runs({
        rounds,
        calls,
        callers,
        pauseMs: 20,
        analysisRun,
        contenders: [
          { name: 'api', api: `${api.url}${collection('direct')}`, namespace: 'direct' },
          plugin(api),
        ],
      }),
    );
    refuseErrors(what, [...(bare?.turns ?? []), ...(ours?.turns ?? [])]);
    const p99 = (turns: readonly Turn[] = []) => median(values(turns, (turn) => turn.p99));
    rows.push({
      what: `Run p99 less that of the create alone, ${what}`,
      unit: 'ms',
      other: p99(bare?.turns),
      ours: p99(ours?.turns) - p99(bare?.turns),
      budget: { of: 'ours', most: 20 },
    });
  }
  return rows;
}

/** Thirty measurements at a time whose verdicts come at once, beside thirty whose verdicts take half a minute. */
async function reviewed(load: Load, { plugin }: Contenders, analysisRun: string): Promise<Row[]> {
  say('Run, and all else, with reviewers of 0 and of 30 s');
  const rounds = 15;
  // A plugin wakes all that is awaited, whoever asked: each has an API server of its own.
  return await withApi(async (other) =>
    withApi(async (api) => {
      const { fast, slow } = await load.runs({
        rounds,
        calls: 30,
        callers: 30,
        pauseMs: 300,
        settleMs: 40_000,
        analysisRun,
        contenders: [
          { ...plugin(other, 'fast', 'reviewer-0'), woken: `${other.url}/woken` },
          { ...plugin(api, 'slow', 'reviewer-30'), woken: `${api.url}/woken` },
        ],
      });
      const turns = [fast?.turns ?? [], slow?.turns ?? []] as const;
      const meanwhile = [fast?.meanwhile, slow?.meanwhile].map((turn) => (turn === undefined ? [] : [turn]));
      refuseErrors('reviewers', [...turns, ...meanwhile].flat());
      const row = (what: string, key: 'p50' | 'p99' | 'max', [a, b]: readonly (readonly Turn[])[]): Row => {
        const [other, ours] = [values(a, (turn) => turn[key]), values(b, (turn) => turn[key])];
        const ratio = pairedRatio(ours, other);
        return { what, unit: 'ms', other: median(other), ours: median(ours), ratio };
      };
      const measurements = (rounds + 1) * 30;
      const asked = (request: string) => (api.requests.get(request) ?? 0) / measurements;
      const each = (what: string, ours: number, most: number): Row => ({
        what: `${what}, a measurement`,
        unit: 'count',
        ours,
        budget: { of: 'ours', most },
      });
      return [
        {
          ...row('Run, 30 at once, p50: a reviewer of 0 s, of 30 s', 'p50', turns),
          budget: { of: 'ratio', most: 1.2 },
        },
        row('Run, 30 at once, max: a reviewer of 0 s, of 30 s', 'max', turns),
        row('Resume meanwhile, 30 at once, p50: a reviewer of 0 s, of 30 s', 'p50', meanwhile),
        row('Resume meanwhile, 30 at once, p99: a reviewer of 0 s, of 30 s', 'p99', meanwhile),
        {
          what: 'of these measurements Successful in the end',
          unit: 'count',
          other: fast?.outcomes['Successful'] ?? 0,
          ours: slow?.outcomes['Successful'] ?? 0,
        },
        each('API requests: creates', asked('POST canaryanalyses'), 1),
        each('API requests: wakes', asked('PATCH analysisruns/NAME'), 1),
        each('API requests: reads', asked('GET canaryanalyses/NAME') + asked('GET analysisruns/NAME'), 0),
      ];
    }),
  );
}

/** An API server that knows nothing of earlier measurements. */
async function withApi<T>(work: (api: ApiStub) => Promise<T>): Promise<T> {
  const api = await startApiStub();
  try {
    return await work(api);
  } finally {
    await api.stop();
  }
}

function collection(namespace: string): string {
  return `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${namespace}/canaryanalyses`;
}

/** A call that failed took another time than one that did what it should. */
function refuseErrors(what: string, turns: readonly Turn[]): void {
  const errors = turns.reduce((sum, turn) => sum + turn.errors, 0);
  if (errors > 0) throw new Error(`${what}: ${errors} calls failed`);
}

function compareTurns(
  what: string,
  results: By<Readonly<Partial<Record<Method, readonly Turn[]>>>>,
  method: Method,
  name: string,
  most?: number,
): Row[] {
  const other = results['go']?.[method] ?? [];
  const ours = results[name]?.[method] ?? [];
  refuseErrors(what, [...other, ...ours]);
  const total = (turns: readonly Turn[]) =>
    values(turns, (turn) => turn.cpu).reduce((sum, cpu) => sum + cpu, 0);
  const cpu: Row = {
    what: `${what}, CPU time`,
    unit: 'ms',
    other: total(other) / other.length,
    ours: total(ours) / ours.length,
    ratio: total(ours) / total(other),
  };
  const latencies = (['p50', 'p99'] as const).map((key): Row => {
    const [a, b] = [values(ours, (turn) => turn[key]), values(other, (turn) => turn[key])];
    const row = {
      what: `${what}, ${key}`,
      unit: 'ms',
      other: median(b),
      ours: median(a),
      ratio: pairedRatio(a, b),
    } as const;
    return most === undefined || key === 'p99' ? row : { ...row, budget: { of: 'ratio', most } };
  });
  return [...latencies, cpu];
}

function values<T>(samples: readonly T[] | undefined, of: (sample: T) => number): number[] {
  return (samples ?? []).map(of);
}

await main();
