import type { Clock } from '../../crds/client/clock.ts';
import { objectKey } from '../../crds/client/resource.ts';
import { isCoded } from '../../crds/errors.ts';
import type { Reason } from '../../crds/reasons.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Analyses, AnalysisRef } from '../analyses/analyses.ts';
import { overdue } from '../analyses/overdue.ts';
import { analysisOf } from '../analyses/question.ts';
import type { Refusal } from '../analyses/refusal.ts';
import type { ConfigContext, ResolvedConfig } from '../config/read-config.ts';
import type { Environment } from '../goplugin/handshake.ts';
import type { AnalysisRun, Measurement, Metric, MetricProvider } from '../goplugin/metric-provider.ts';
import type { Logger } from '../logger.ts';
import { misplacedKeys } from './environment.ts';
import { decided, METADATA_UID, refused, running } from './outcome.ts';
import { pluginOf, refOf, type Subject, subjectOf } from './subject.ts';

/** The name in the documents; Argo Rollouts may know the plugin by another. */
const PLUGIN_NAME = 'argoproj-labs/metric-ai';

/** What the provider needs at its first call and not before: loaded late, so that the process starts at once. */
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

/** Terminate is answered within 2 s; the host waits no longer for a process that it told to quit. */
const CANCEL_WAIT_MS = 1_500;
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
  }

  async run(run: AnalysisRun, metric: Metric): Promise<Measurement> {
    const now = this.#now();
    const { analyses, readConfig } = await this.#load();
    const { subject, config, problem } = this.#understand(run, metric, readConfig);
    if (config === undefined) return this.#refuse({ phase: 'Running' }, 'Error', problem, subject);
    const question = { ...subject, config };
    const { namespace, name } = { namespace: subject.namespace, ...analysisOf(question).metadata };
    for (const warning of config.warnings) this.#log(subject).warn(warning);
    try {
      const created = await analyses.create(question);
      if ('refusal' in created) {
        return this.#refuse(running({ namespace, name }, now), 'Error', created.refusal, subject);
      }
      const { analysis } = created;
      const { uid } = analysis.metadata;
      const measurement = running({ namespace, name, ...(uid === undefined ? {} : { uid }) }, now);
      this.#log(subject).info('AI metric: analysis asked for', {
        canaryAnalysis: `${namespace}/${name}`,
        dialect: config.dialect,
      });
      return this.#decide(measurement, analysis, analyses, subject) ?? measurement;
    } catch (error) {
      if (!isCoded(error, 'ABORTED')) throw error;
      return running({ namespace, name }, now);
    }
  }

  async resume(run: AnalysisRun, metric: Metric, measurement: Measurement): Promise<Measurement> {
    const { analyses } = await this.#load();
    const subject = subjectOf(run, metric);
    const ref = refOf(subject, measurement);
    if (ref === undefined) return this.#refuse(measurement, 'Error', NO_ANALYSIS, subject);
    let analysis = analyses.peek(ref);
    try {
      analysis ??= await analyses.read(ref);
    } catch (error) {
      if (isCoded(error, 'API_NOT_FOUND')) return this.#lost(measurement, ref, analyses, subject);
      return this.#wait(measurement, ref, analyses, subject, error);
    }
    if (!belongs(analysis, measurement, subject)) return this.#lost(measurement, ref, analyses, subject);
    const final = this.#decide(measurement, analysis, analyses, subject);
    if (final !== undefined) return final;
    const refusal = overdue(analysis, this.#options.clock.now());
    return refusal === undefined ? measurement : this.#giveUp(measurement, ref, analyses, subject, refusal);
  }

  async terminate(run: AnalysisRun, metric: Metric, measurement: Measurement): Promise<Measurement> {
    const { analyses } = await this.#load();
    const subject = subjectOf(run, metric);
    const ref = refOf(subject, measurement);
    if (ref === undefined) return this.#refuse(measurement, 'Inconclusive', TERMINATED, subject);
    const known = analyses.peek(ref);
    const analysis =
      known?.status?.verdict === undefined ? await this.#cancel(analyses, ref, measurement) : known;
    analyses.answered(objectKey(ref));
    if (analysis !== undefined && belongs(analysis, measurement, subject)) {
      const final = this.#decide(measurement, analysis, analyses, subject);
      if (final !== undefined) return final.phase === 'Error' ? { ...final, phase: 'Inconclusive' } : final;
    }
    return this.#refuse(measurement, 'Inconclusive', TERMINATED, subject);
  }

  /** Deletes nothing: an analysis outlives its AnalysisRun and ends by its own time to live. */
  async garbageCollect(): Promise<void> {}

  /** Never a part of the configuration: it may hold secrets, and this is stored as it is. */
  async getMetadata(metric: Metric): Promise<ReadonlyMap<string, string>> {
    const { version, controllerNamespace } = this.#options;
    const metadata = new Map([['version', version]]);
    try {
      const { readConfig } = await this.#load();
      const context = { namespace: undefined, controllerNamespace };
      metadata.set('dialect', readConfig(pluginOf(metric).config, context).dialect);
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

  /** Loaded at the first call, or soon after InitPlugin is answered. */
  #load(): Promise<Engine> {
    this.#engine ??= this.#options.engine();
    return this.#engine;
  }

  #now(): Date {
    return new Date(this.#options.clock.now());
  }

  #understand(
    run: AnalysisRun,
    metric: Metric,
    readConfig: Engine['readConfig'],
  ):
    | { subject: Subject; config: ResolvedConfig; problem?: never }
    | { subject: Subject; config?: never; problem: Refusal } {
    const subject = subjectOf(run, metric);
    const context = { namespace: subject.namespace, controllerNamespace: this.#options.controllerNamespace };
    try {
      return { subject, config: readConfig(pluginOf(metric).config, context) };
    } catch (error) {
      if (!isCoded(error, 'CONFIG_INVALID')) throw error;
      return { subject, problem: { reason: 'InvalidConfiguration', message: error.message } };
    }
  }

  /** The final measurement, once there is a verdict. */
  #decide(
    measurement: Measurement,
    analysis: CanaryAnalysis,
    analyses: Analyses,
    subject: Subject,
  ): Measurement | undefined {
    const final = decided(measurement, analysis, this.#now());
    if (final === undefined) return undefined;
    analyses.answered(objectKey(analysis.metadata));
    this.#log(subject).info('AI metric: analysis decided', {
      canaryAnalysis: objectKey(analysis.metadata),
      verdict: analysis.status?.verdict,
      reason: analysis.status?.reason,
      confidence: analysis.status?.confidence,
      detail: analysis.status?.message,
      link: analysis.status?.link,
    });
    return final;
  }

  /** Ends the measurement, unless a verdict came in the very last moment or nobody can tell. */
  async #giveUp(
    measurement: Measurement,
    ref: AnalysisRef,
    analyses: Analyses,
    subject: Subject,
    refusal: Refusal,
  ): Promise<Measurement> {
    const uid = measurement.metadata?.get(METADATA_UID);
    try {
      const analysis = await analyses.cancel(ref, {
        waitMs: CANCEL_WAIT_MS,
        ...(uid === undefined ? {} : { uid }),
      });
      if (analysis === undefined) return this.#wait(measurement, ref, analyses, subject);
      const final = this.#decide(measurement, analysis, analyses, subject);
      if (final !== undefined) return final;
    } catch (error) {
      if (isCoded(error, 'ABORTED')) return measurement;
      if (isCoded(error, 'API_NOT_FOUND') || isCoded(error, 'API_CONFLICT')) {
        return this.#lost(measurement, ref, analyses, subject);
      }
    }
    analyses.answered(objectKey(ref));
    return this.#refuse(measurement, 'Error', refusal, subject);
  }

  /** Cancels as well as it can in the time there is. */
  async #cancel(
    analyses: Analyses,
    ref: AnalysisRef,
    measurement: Measurement,
  ): Promise<CanaryAnalysis | undefined> {
    const uid = measurement.metadata?.get(METADATA_UID);
    try {
      return await analyses.cancel(ref, {
        waitMs: CANCEL_WAIT_MS,
        insist: true,
        ...(uid === undefined ? {} : { uid }),
      });
    } catch {
      return undefined;
    }
  }

  /** Nobody can tell how the analysis stands: the measurement stays as it is and is looked at again. */
  #wait(
    measurement: Measurement,
    ref: AnalysisRef,
    analyses: Analyses,
    subject: Subject,
    error?: unknown,
  ): Measurement {
    const { namespace, analysisRun, analysisRunUID, metric } = subject;
    analyses.wakeLater({ key: objectKey(ref), namespace, analysisRun, analysisRunUID, metric });
    if (error !== undefined && !isCoded(error, 'ABORTED')) {
      this.#log(subject).warn('the analysis cannot be read; it is tried again', {
        canaryAnalysis: objectKey(ref),
        error,
      });
    }
    return measurement;
  }

  #lost(measurement: Measurement, ref: AnalysisRef, analyses: Analyses, subject: Subject): Measurement {
    analyses.answered(objectKey(ref));
    const message = `CanaryAnalysis ${objectKey(ref)} was deleted before it had a verdict`;
    return this.#refuse(measurement, 'Error', { reason: 'AnalysisDeleted', message }, subject);
  }

  #refuse(
    measurement: Measurement,
    phase: 'Error' | 'Inconclusive',
    refusal: Refusal,
    subject: Subject,
  ): Measurement {
    this.#log(subject).warn('AI metric: measurement ended without a verdict', {
      phase,
      reason: refusal.reason,
      detail: refusal.message,
    });
    return refused(measurement, phase, refusal, this.#now());
  }

  #log(subject: Subject): Logger {
    const { pluginName, namespace, analysisRun, metric } = subject;
    return this.#options.logger.with({
      plugin: pluginName,
      analysisRun: `${namespace}/${analysisRun}`,
      metric,
    });
  }
}

const TERMINATED: Refusal = {
  reason: 'Cancelled' satisfies Reason,
  message: 'The measurement was terminated before its analysis had a verdict.',
};

const NO_ANALYSIS: Refusal = {
  reason: 'AnalysisDeleted' satisfies Reason,
  message: 'the measurement does not say which CanaryAnalysis it waits for',
};

/** Whether the object is the one that the measurement began with, and not another of the same name. */
function belongs(analysis: CanaryAnalysis, measurement: Measurement, subject: Subject): boolean {
  const uid = measurement.metadata?.get(METADATA_UID);
  return (
    analysis.spec.measurement?.analysisRunUID === subject.analysisRunUID &&
    (uid === undefined || uid === analysis.metadata.uid)
  );
}
