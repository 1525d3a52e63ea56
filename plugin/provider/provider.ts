import type { Clock } from '../../crds/client/clock.ts';
import { isCoded } from '../../crds/errors.ts';
import type { Analyses } from '../analyses/analyses.ts';
import { analysisOf } from '../analyses/question.ts';
import type { Refusal } from '../analyses/refusal.ts';
import type { ConfigContext, ResolvedConfig } from '../config/read-config.ts';
import type { Environment } from '../goplugin/handshake.ts';
import type { AnalysisRun, Measurement, Metric, MetricProvider } from '../goplugin/metric-provider.ts';
import type { Logger } from '../logger.ts';
import { Awaiting, logRefusal } from './awaiting.ts';
import { misplacedKeys } from './environment.ts';
import { refused, running } from './outcome.ts';
import { pluginOf, type Subject, subjectOf } from './subject.ts';

/** The name in the documents; Argo Rollouts may know the plugin by another. */
const PLUGIN_NAME = 'argoproj-labs/metric-ai';

/** What the provider needs at its first measurement and not before: loaded late, so that the process starts at once. */
export interface Engine {
  readonly analyses: Analyses;
  readonly readConfig: (raw: Uint8Array, context: ConfigContext) => ResolvedConfig;
}

/** What a {@link CanaryAnalysisProvider} works with. */
export interface ProviderOptions {
  /** Called once. */
  readonly engine: () => Promise<Engine>;
  readonly logger: Logger;
  readonly env: Environment;
  /** The Rollouts controller's namespace. */
  readonly controllerNamespace: string;
  readonly version: string;
  readonly clock: Clock;
}

/** What calls in flight get when the host says Quit. */
const QUIT_GRACE_MS = 700;

/** Argo Rollouts' seven calls, in terms of CanaryAnalyses: Run creates one, Resume reads it, Terminate cancels it. */
export class CanaryAnalysisProvider implements MetricProvider {
  readonly #options: ProviderOptions;
  #engine: Promise<Engine> | undefined;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  async initPlugin(): Promise<void> {
    const { logger, env, version } = this.#options;
    logger.info(`Successfully loaded plugin: ${PLUGIN_NAME}`, { version });
    const misplaced = misplacedKeys(env);
    if (misplaced.length > 0) {
      logger.warn(
        'environment variables have no effect on the plugin: set them on the canary-analysis operator',
        {
          variables: misplaced.join(', '),
        },
      );
    }
    setImmediate(() => void this.#load().catch(() => {}));
  }

  /** Asks for an analysis and leaves `resumeAt` out: Argo calls when the AnalysisRun is woken. Asking twice asks once. */
  async run(run: AnalysisRun, metric: Metric): Promise<Measurement> {
    const begun = new Date(this.#now());
    const { analyses, readConfig } = await this.#load();
    const subject = subjectOf(run, metric);
    const log = this.#log(subject);
    const { namespace } = subject;
    let config: ResolvedConfig;
    try {
      const { controllerNamespace } = this.#options;
      config = readConfig(pluginOf(metric).config, { namespace, controllerNamespace });
    } catch (error) {
      if (!isCoded(error, 'CONFIG_INVALID')) throw error;
      return this.#refuse(
        log,
        { phase: 'Running' },
        { reason: 'InvalidConfiguration', message: error.message },
      );
    }
    const question = { ...subject, config };
    const { name } = analysisOf(question).metadata;
    const promised = running({ namespace, name }, begun);
    for (const warning of config.warnings) log.warn(warning);
    try {
      const created = await analyses.create(question);
      if ('refusal' in created) return this.#refuse(log, promised, created.refusal);
      const { uid } = created.analysis.metadata;
      const measurement = running({ namespace, name, ...(uid === undefined ? {} : { uid }) }, begun);
      log.info('AI metric: analysis asked for', {
        canaryAnalysis: `${namespace}/${name}`,
        dialect: config.dialect,
      });
      const awaiting = new Awaiting({ analyses, subject, measurement, log, now: () => this.#now() });
      return awaiting.decide(created.analysis) ?? measurement;
    } catch (error) {
      if (isCoded(error, 'ABORTED')) return promised;
      throw error;
    }
  }

  async resume(run: AnalysisRun, metric: Metric, measurement: Measurement): Promise<Measurement> {
    return (await this.#awaiting(run, metric, measurement)).resume();
  }

  async terminate(run: AnalysisRun, metric: Metric, measurement: Measurement): Promise<Measurement> {
    return (await this.#awaiting(run, metric, measurement)).terminate();
  }

  /** Deletes nothing: an analysis outlives its AnalysisRun and ends by its own time to live. */
  async garbageCollect(): Promise<void> {}

  /** Never a part of the configuration: it may hold secrets, and this is stored as it is. */
  async getMetadata(metric: Metric): Promise<ReadonlyMap<string, string>> {
    const { version, controllerNamespace } = this.#options;
    const metadata = new Map([['version', version]]);
    try {
      const { readConfig } = await this.#load();
      const { dialect } = readConfig(pluginOf(metric).config, { namespace: undefined, controllerNamespace });
      metadata.set('dialect', dialect);
    } catch (error) {
      if (!isCoded(error, 'CONFIG_INVALID')) throw error;
    }
    return metadata;
  }

  type(): string {
    return PLUGIN_NAME;
  }

  /** The host says Quit: what cannot be finished soon is answered as it stands, and the next process goes on from there. */
  quit(): void {
    this.#options.clock.setTimer(
      QUIT_GRACE_MS,
      () => void this.#engine?.then(({ analyses }) => analyses.stop()),
    );
  }

  async #awaiting(run: AnalysisRun, metric: Metric, measurement: Measurement): Promise<Awaiting> {
    const { analyses } = await this.#load();
    const subject = subjectOf(run, metric);
    return new Awaiting({ analyses, subject, measurement, log: this.#log(subject), now: () => this.#now() });
  }

  #refuse(log: Logger, measurement: Measurement, refusal: Refusal): Measurement {
    logRefusal(log, 'Error', refusal);
    return refused(measurement, 'Error', refusal, new Date(this.#now()));
  }

  #load(): Promise<Engine> {
    this.#engine ??= this.#options.engine().catch((error: unknown) => {
      this.#engine = undefined;
      throw error;
    });
    return this.#engine;
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #log({ pluginName, namespace, analysisRun, metric }: Subject): Logger {
    return this.#options.logger.with({
      plugin: pluginName,
      analysisRun: `${namespace}/${analysisRun}`,
      metric,
    });
  }
}
