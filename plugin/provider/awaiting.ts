import { objectKey } from '../../crds/client/resource.ts';
import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Analyses, AnalysisRef } from '../analyses/analyses.ts';
import { overdue } from '../analyses/overdue.ts';
import type { Refusal } from '../analyses/refusal.ts';
import type { Measurement } from '../goplugin/metric-provider.ts';
import type { Logger } from '../logger.ts';
import { decided, METADATA_UID, refused } from './outcome.ts';
import { refOf, type Subject } from './subject.ts';

/** What one call about a measurement works with. */
export interface AwaitingOptions {
  readonly analyses: Analyses;
  readonly subject: Subject;
  readonly measurement: Measurement;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Terminate is answered within 2 s; the host waits no longer for a process that it told to quit. */
const CANCEL_WAIT_MS = 1_000;

/** A measurement in one call about it: waits for its analysis, and ends with its verdict or for want of one. */
export class Awaiting {
  readonly #options: AwaitingOptions;
  readonly #measurement: Measurement;
  readonly #ref: AnalysisRef | undefined;
  readonly #uid: { readonly uid?: string };

  constructor(options: AwaitingOptions) {
    this.#options = options;
    this.#measurement = options.measurement;
    this.#ref = refOf(options.subject, options.measurement);
    const uid = options.measurement.metadata?.get(METADATA_UID);
    this.#uid = uid === undefined ? {} : { uid };
  }

  /** The final measurement, or the very same one while there is nothing to say: a change would make Argo ask in a loop. */
  async resume(): Promise<Measurement> {
    const ref = this.#ref;
    if (ref === undefined) return this.#refuse('Error', NO_ANALYSIS);
    let analysis = this.#options.analyses.peek(ref);
    try {
      analysis ??= await this.#options.analyses.read(ref);
    } catch (error) {
      return isCoded(error, 'API_NOT_FOUND') ? this.#lost(ref) : this.#wait(ref, error);
    }
    if (!this.#isMine(analysis)) return this.#lost(ref);
    const final = this.decide(analysis);
    if (final !== undefined) return final;
    const refusal = overdue(analysis, this.#options.now());
    return refusal === undefined ? this.#measurement : this.#giveUp(ref, refusal);
  }

  /** The measurement ended early: with the verdict where there is one, else Inconclusive, for success would promote. */
  async terminate(): Promise<Measurement> {
    const ref = this.#ref;
    if (ref === undefined) return this.#refuse('Inconclusive', TERMINATED);
    const { analyses } = this.#options;
    const known = analyses.peek(ref);
    const analysis = known?.status?.verdict === undefined ? await this.#cancel(ref) : known;
    analyses.answered(objectKey(ref));
    const final = analysis !== undefined && this.#isMine(analysis) ? this.decide(analysis) : undefined;
    if (final === undefined) return this.#refuse('Inconclusive', TERMINATED);
    return final.phase === 'Error' ? { ...final, phase: 'Inconclusive' } : final;
  }

  /** The final measurement once the analysis has a verdict; whoever waited has it then. */
  decide(analysis: CanaryAnalysis): Measurement | undefined {
    const { analyses, log, now } = this.#options;
    const final = decided(this.#measurement, analysis, new Date(now()));
    if (final === undefined) return undefined;
    const { status, metadata } = analysis;
    analyses.answered(objectKey(metadata));
    log.info('AI metric: analysis decided', {
      canaryAnalysis: objectKey(metadata),
      verdict: status?.verdict,
      reason: status?.reason,
      confidence: status?.confidence,
      detail: status?.message,
      link: status?.link,
    });
    return final;
  }

  /** Ends the measurement, unless a verdict came in the very last moment or nobody can tell. */
  async #giveUp(ref: AnalysisRef, refusal: Refusal): Promise<Measurement> {
    const { analyses } = this.#options;
    try {
      const analysis = await analyses.cancel(ref, { ...this.#uid, waitMs: CANCEL_WAIT_MS });
      if (analysis === undefined) return this.#wait(ref);
      const final = this.decide(analysis);
      if (final !== undefined) return final;
    } catch (error) {
      if (isCoded(error, 'ABORTED')) return this.#measurement;
      if (isCoded(error, 'API_NOT_FOUND') || isCoded(error, 'API_CONFLICT')) return this.#lost(ref);
      this.#options.log.warn('the overdue analysis could not be cancelled', {
        canaryAnalysis: objectKey(ref),
        error,
      });
    }
    analyses.answered(objectKey(ref));
    return this.#refuse('Error', refusal);
  }

  /** Cancels as well as it can in the time there is. */
  async #cancel(ref: AnalysisRef): Promise<CanaryAnalysis | undefined> {
    try {
      return await this.#options.analyses.cancel(ref, { ...this.#uid, waitMs: CANCEL_WAIT_MS, insist: true });
    } catch {
      return undefined;
    }
  }

  /** Nobody can tell how the analysis stands: the measurement stays as it is and is looked at again. */
  #wait(ref: AnalysisRef, error?: unknown): Measurement {
    const { analyses, subject, log } = this.#options;
    if (isCoded(error, 'ABORTED')) return this.#measurement;
    const { namespace, analysisRun, analysisRunUID, metric } = subject;
    analyses.wakeLater({ key: objectKey(ref), namespace, analysisRun, analysisRunUID, metric });
    log.warn('the analysis cannot be read; it is tried again', { canaryAnalysis: objectKey(ref), error });
    return this.#measurement;
  }

  #lost(ref: AnalysisRef): Measurement {
    this.#options.analyses.answered(objectKey(ref));
    const message = `CanaryAnalysis ${objectKey(ref)} was deleted before it had a verdict`;
    return this.#refuse('Error', { reason: 'AnalysisDeleted', message });
  }

  #refuse(phase: 'Error' | 'Inconclusive', refusal: Refusal): Measurement {
    const { log, now } = this.#options;
    logRefusal(log, phase, refusal);
    return refused(this.#measurement, phase, refusal, new Date(now()));
  }

  /** Whether the object is the one that the measurement began with, and not another of the same name. */
  #isMine({ spec, metadata }: CanaryAnalysis): boolean {
    const { uid } = this.#uid;
    return (
      spec.measurement?.analysisRunUID === this.#options.subject.analysisRunUID &&
      (uid === undefined || uid === metadata.uid)
    );
  }
}

const TERMINATED: Refusal = {
  reason: 'Cancelled',
  message: 'The measurement was terminated before its analysis had a verdict.',
};

const NO_ANALYSIS: Refusal = {
  reason: 'AnalysisDeleted',
  message: 'the measurement does not say which CanaryAnalysis it waits for',
};

/** The line for a measurement that ends without a verdict. */
export function logRefusal(log: Logger, phase: string, { reason, message }: Refusal): void {
  log.warn('AI metric: measurement ended without a verdict', { phase, reason, detail: message });
}
