import { parseArgs } from 'node:util';
import { GoTime } from '../../plugin/goplugin/gob/time.ts';
import type { Measurement, MetricProvider } from '../../plugin/goplugin/metric-provider.ts';
import { serve } from '../../plugin/goplugin/server.ts';
import { createLogger } from '../../plugin/logger.ts';
import { FIELDS_READ } from '../../plugin/provider/subject.ts';

const { values: flags } = parseArgs({
  options: {
    /** This method throws. */
    fail: { type: 'string' },
    /** Logs errors only. */
    quiet: { type: 'boolean' },
    /** Run tells what it decoded. */
    echo: { type: 'boolean' },
    /** Run of an AnalysisRun `held-…` is answered when the host says Quit. */
    hold: { type: 'boolean' },
    /** Run of an AnalysisRun `held-…` is never answered. */
    hang: { type: 'boolean' },
    /** Has no more of an AnalysisRun decoded than the whole plugin, and the arguments that Run tells of. */
    lean: { type: 'boolean' },
  },
});

const logger = createLogger({
  level: flags.quiet ? 'error' : 'trace',
  write: (line) => process.stderr.write(line),
  now: () => new Date(),
});

/** A provider that knows no cluster, for what the host program checks of the protocol alone. */
class StubProvider implements MetricProvider {
  readonly #quit = Promise.withResolvers<void>();
  #waiting = 0;

  async initPlugin(): Promise<void> {
    this.#mayFail('initPlugin');
    logger.info('Successfully loaded plugin: stub');
    process.stdout.write('a stray line on stdout\n');
  }

  async run(...[analysisRun, metric]: Parameters<MetricProvider['run']>): Promise<Measurement> {
    this.#mayFail('run');
    const { Namespace = '', Name = '' } = analysisRun.ObjectMeta ?? {};
    if ((flags.hold || flags.hang) && Name.startsWith('held-')) {
      this.#waiting++;
      await (flags.hang ? new Promise(() => {}) : this.#quit.promise);
    }
    if (flags.echo) {
      const told = JSON.stringify(plain({ AnalysisRun: analysisRun, Metric: metric }));
      return { phase: 'Running', metadata: new Map([['arguments', told]]) };
    }
    const config = metric.Provider?.Plugin?.get('argoproj-labs/metric-ai');
    return {
      phase: 'Running',
      startedAt: GoTime.fromDate(new Date()),
      metadata: new Map([
        ['run', `${Namespace}/${Name}`],
        ['config', config === undefined ? '' : Buffer.from(config).toString()],
        ['args', (analysisRun.Spec?.Args ?? []).map((arg) => `${arg.Name}=${arg.Value ?? ''}`).join(',')],
      ]),
    };
  }

  async resume(...[, , measurement]: Parameters<MetricProvider['resume']>): Promise<Measurement> {
    this.#mayFail('resume');
    return measurement;
  }

  async terminate(...[, , measurement]: Parameters<MetricProvider['terminate']>): Promise<Measurement> {
    this.#mayFail('terminate');
    return {
      ...measurement,
      phase: 'Inconclusive',
      message: 'cancelled',
      finishedAt: GoTime.fromDate(new Date()),
    };
  }

  async garbageCollect(...[, , limit]: Parameters<MetricProvider['garbageCollect']>): Promise<void> {
    this.#mayFail('garbageCollect');
    logger.info('garbage collected', { limit });
  }

  async getMetadata(): Promise<ReadonlyMap<string, string>> {
    this.#mayFail('getMetadata');
    const metadata = new Map([['version', 'stub']]);
    if (flags.hold || flags.hang) metadata.set('waiting', String(this.#waiting));
    return metadata;
  }

  quit(): void {
    this.#quit.resolve();
  }

  type(): string {
    return 'stub';
  }

  #mayFail(method: string): void {
    if (flags.fail === method) throw new Error(`${method} was told to fail`);
  }
}

/** What gob brought as JSON can carry it; restore.go reads it. */
function plain(value: unknown): unknown {
  if (value instanceof GoTime) return { $time: Buffer.from(value.bytes).toString('base64') };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (value instanceof Map) return { $map: [...value].map((entry) => entry.map(plain)) };
  if (typeof value === 'bigint') return { $int: String(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

const provider = new StubProvider();
const LEAN = { ...FIELDS_READ, AnalysisRun: [...FIELDS_READ.AnalysisRun, 'Spec'], AnalysisRunSpec: ['Args'] };
process.exit(
  await serve({
    provider,
    ...(flags.lean ? { reads: LEAN } : {}),
    logger,
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    onQuit: () => provider.quit(),
  }),
);
