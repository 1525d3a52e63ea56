import { GoTime } from '../../plugin/goplugin/gob/time.ts';
import type { Measurement, MetricProvider } from '../../plugin/goplugin/metric-provider.ts';
import { serve } from '../../plugin/goplugin/server.ts';
import { createLogger } from '../../plugin/logger.ts';

const logger = createLogger({
  level: process.argv.includes('--quiet') ? 'error' : 'trace',
  write: (line) => process.stderr.write(line),
  now: () => new Date(),
});

/**
 * A provider that knows no cluster, for what the host program checks of the protocol alone.
 * `--fail METHOD` makes one method throw; `--quiet` logs errors only.
 */
class StubProvider implements MetricProvider {
  readonly #failing: string | undefined;

  constructor(failing: string | undefined) {
    this.#failing = failing;
  }

  async initPlugin(): Promise<void> {
    this.#mayFail('initPlugin');
    logger.info('Successfully loaded plugin: stub');
    process.stdout.write('a stray line on stdout\n');
  }

  async run(...[analysisRun, metric]: Parameters<MetricProvider['run']>): Promise<Measurement> {
    this.#mayFail('run');
    const { Namespace = '', Name = '' } = analysisRun.ObjectMeta ?? {};
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
    return new Map([['version', 'stub']]);
  }

  type(): string {
    return 'stub';
  }

  #mayFail(method: string): void {
    if (this.#failing === method) throw new Error(`${method} was told to fail`);
  }
}

const fail = process.argv.indexOf('--fail');
process.exit(
  await serve({
    provider: new StubProvider(fail < 0 ? undefined : process.argv[fail + 1]),
    logger,
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
  }),
);
