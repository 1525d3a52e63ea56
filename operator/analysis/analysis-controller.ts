import { objectKey } from '../../crds/client/resource.ts';
import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../crds/v1alpha1/labels.ts';
import type { AnalysisRunObject } from '../evidence/index.ts';
import {
  type ChangeType,
  Controller,
  type ControllerObserver,
  type ReconcileContext,
  type ReconcileResult,
} from '../kernel/controller.ts';
import { WorkQueue, type WorkQueueObserver } from '../kernel/work-queue.ts';
import { logFields } from './analysis-log.ts';
import { type RunView, viewRun } from './analysis-run.ts';
import { conclude } from './conclude.ts';
import { deadlinesOf } from './deadlines.ts';
import type { Deps } from './deps.ts';
import { deleteEvidence } from './evidence-store.ts';
import { failureDecision } from './failure.ts';
import { adviseTask, endAdvice, judgeTask } from './judge-task.ts';
import type { Mirror } from './mirror.ts';
import { ownUnowned } from './ownership.ts';
import { Pauses } from './pauses.ts';
import { type Plan, planFor } from './plan.ts';
import { needsRun, REPORT_RETRIED, type ReportPlan } from './report-plan.ts';
import { type ReportEnd, reportTask } from './report-task.ts';
import { setReported } from './reported.ts';
import { type Settings, settingsOf } from './settings.ts';
import { leftBehindBy } from './siblings.ts';
import { conditionOf, withCondition } from './status.ts';
import { type TaskEnd, Tasks } from './tasks.ts';

/** What the controller of analyses works with, besides what its steps need. */
export interface AnalysisControllerOptions {
  readonly deps: Deps;
  /** Stands in every line of the log. */
  readonly name: string;
  readonly analyses: Mirror<CanaryAnalysis>;
  readonly runs: Mirror<AnalysisRunObject>;
  /** Told of queue and reconciles, for metrics. */
  readonly observers?: { readonly queue: WorkQueueObserver; readonly controller: ControllerObserver };
  /** Reconciles at the same time; {@link WORKERS} when absent. They are short: what takes long is a task in the background. */
  readonly workers?: number;
}

/** Reconciles at the same time when nobody says otherwise. */
export const WORKERS = 4;
const DEFAULT_HISTORY = 50;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
const MAX_REPORT_PAUSE_MS = 300_000;

/**
 * Reconciles CanaryAnalysis objects: gathers a view, lets the plan decide, applies it. What takes long, the way to a verdict
 * or a report, is a task that the next reconcile can end.
 */
export class AnalysisController {
  readonly #deps: Deps;
  readonly #analyses: Mirror<CanaryAnalysis>;
  readonly #runs: Mirror<AnalysisRunObject>;
  readonly #controller: Controller;
  readonly #judging: Tasks<undefined>;
  readonly #reporting: Tasks<ReportEnd>;
  readonly #judgePauses: Pauses;
  readonly #reportPauses: Pauses;

  constructor(options: AnalysisControllerOptions) {
    const { deps, name, analyses, runs, observers, workers = WORKERS } = options;
    this.#deps = deps;
    this.#analyses = analyses;
    this.#runs = runs;
    this.#controller = new Controller({
      name,
      reconcile: (key, context) => this.#reconcile(key, context),
      logger: deps.logger,
      workers,
      ...(observers === undefined ? {} : { observer: observers.controller }),
      queue: new WorkQueue({
        clock: deps.clock,
        ...(observers === undefined ? {} : { observer: observers.queue }),
      }),
      reconcileTimeoutMs: 120_000,
      clock: deps.clock,
    });
    const { clock, timings } = deps;
    this.#judgePauses = new Pauses({ clock, firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
    this.#reportPauses = new Pauses({ clock, firstMs: timings.reportRetryMs, maxMs: MAX_REPORT_PAUSE_MS });
    this.#judging = new Tasks((end) => this.#ended(this.#judgePauses, end));
    this.#reporting = new Tasks((end) => this.#ended(this.#reportPauses, end));
    deps.metrics.inFlight(() => this.#judging.size);
    for (const reflector of analyses.reflectors) {
      this.#controller.watch(reflector, (analysis, change) => this.#concerned(analysis, change));
    }
  }

  /** Works until the signal fires; then ends what is in flight, which the next process takes up again. */
  async run(signal: AbortSignal): Promise<void> {
    const enqueue = (run: AnalysisRunObject): void => this.#enqueueRun(run);
    const remove = this.#runs.addHandler({ added: enqueue, updated: enqueue, deleted: enqueue });
    try {
      await this.#controller.run(signal);
    } finally {
      remove();
      await Promise.all([this.#judging.abortAll(), this.#reporting.abortAll()]);
    }
  }

  /** A later measurement leaves earlier ones behind; a finished one may be one too many for the history of its Rollout. */
  #concerned(analysis: CanaryAnalysis, change: ChangeType): string[] {
    const siblings = this.#deps.siblings(analysis.metadata.namespace ?? '');
    const { rollout, completionTime } = analysis.status ?? {};
    const finished = change === 'updated' && rollout !== undefined && completionTime !== undefined;
    const history = finished ? siblings.filter(({ status }) => status?.rollout === rollout) : [];
    return [analysis, ...leftBehindBy(analysis, siblings), ...history].map(({ metadata }) =>
      objectKey(metadata),
    );
  }

  /** Remembers how a task ended, so that the reconcile that follows at once starts the next one only when it helps. */
  #ended(pauses: Pauses, { key, uid, result, error }: TaskEnd<ReportEnd | undefined>): void {
    const again = result !== undefined && result !== 'settled' ? result : undefined;
    if (error === undefined && again === undefined) {
      pauses.settled(key, uid, versionOf(this.#analyses.getByKey(key)));
    } else {
      const count = pauses.failed(key, uid, error, again?.retryAfterMs);
      const told = error === undefined || isCoded(error, 'API_NOT_FOUND');
      if (!told) this.#deps.logger.error('task failed', { key, error, count });
    }
    this.#controller.queue.add(key);
  }

  #enqueueRun(run: AnalysisRunObject): void {
    const { namespace, name } = run.metadata;
    for (const { metadata, spec } of this.#analyses.list()) {
      if (metadata.namespace === namespace && spec.measurement?.analysisRun === name) {
        this.#controller.queue.add(objectKey(metadata));
      }
    }
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<ReconcileResult> {
    const analysis = this.#analyses.getByKey(key);
    if (analysis === undefined) {
      await this.#end(key);
      return undefined;
    }
    return this.#decide(key, analysis, context).catch((error: unknown) => {
      if (isCoded(error, 'API_NOT_FOUND')) return undefined;
      throw error;
    });
  }

  async #decide(key: string, analysis: CanaryAnalysis, context: ReconcileContext): Promise<ReconcileResult> {
    const settings = settingsOf(analysis.spec, this.#deps.config);
    const plan = planFor({
      analysis,
      settings,
      run: await this.#view(analysis, settings, context.signal),
      all: this.#deps.siblings(analysis.metadata.namespace ?? ''),
      historyLimit: this.#deps.config.history?.perRollout ?? DEFAULT_HISTORY,
      now: this.#deps.clock.now(),
    });
    return this.#apply(key, analysis, plan, context);
  }

  async #apply(
    key: string,
    analysis: CanaryAnalysis,
    plan: Plan,
    { signal }: ReconcileContext,
  ): Promise<ReconcileResult> {
    const { metadata } = analysis;
    const ref = { namespace: metadata.namespace ?? '', name: metadata.name };
    const uid = metadata.uid ?? '';
    if (plan.work === undefined || !this.#judging.has(key, uid)) await this.#judging.abort(key);
    if (plan.work === undefined) this.#judgePauses.forget(key);
    if (plan.close !== undefined) {
      const owned = await ownUnowned(this.#deps, analysis, signal);
      await conclude(this.#deps, owned, plan.close, undefined, signal);
      return undefined;
    }
    let pauseMs: number | undefined;
    if (plan.work !== undefined) pauseMs = await this.#startWork(key, analysis, signal);
    else if (conditionOf(analysis.status, 'Reviewed')?.reason === 'Pending') {
      const message = 'The AnalysisRun was deleted before the reviewer had answered.';
      await endAdvice(this.#deps, analysis, 'AnalysisRunGone', message, signal);
    }
    if (plan.release) {
      const labels = { [LABEL_AWAITED]: null };
      await this.#deps.analyses.patch(ref, { metadata: { uid, labels } }, { signal });
    }
    if (plan.expireEvidence) await this.#expireEvidence(analysis, signal);
    const retryMs = await this.#report(key, analysis, plan.report, signal);
    if (plan.remove) {
      await this.#deps.analyses
        .delete(ref, { uid, propagationPolicy: 'Background', signal })
        .catch(ignoreGone);
      return undefined;
    }
    const waits = [plan.requeueAfterMs, pauseMs, retryMs].filter((ms) => ms !== undefined);
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  /**
   * Starts what is to be done in the background, unless it is in flight already; after a failure it waits, and from the
   * deadline on it gives up; for a mirror that lags behind the last task it waits, too. Returns how long, in milliseconds.
   */
  async #startWork(key: string, analysis: CanaryAnalysis, signal: AbortSignal): Promise<number | undefined> {
    const { namespace = '', name, uid = '' } = analysis.metadata;
    if (this.#judging.has(key, uid)) return undefined;
    const failure = this.#judgePauses.failure(key, uid);
    const leftMs = failure === undefined ? Number.POSITIVE_INFINITY : this.#msToDecide(analysis);
    if (failure !== undefined && leftMs <= 0) {
      const decision = failureDecision(failure.error, this.#deps.redact);
      await conclude(this.#deps, analysis, decision, undefined, signal);
      return undefined;
    }
    const wait = this.#judgePauses.waitMs(key, uid, versionOf(analysis));
    if (wait > 0) return Math.min(wait, leftMs);
    this.#judging.start(key, uid, async (abort) => void (await this.#work({ namespace, name }, uid, abort)));
    return undefined;
  }

  /** How long an analysis without a verdict may still be tried, milliseconds; without end for one that has a verdict. */
  #msToDecide(analysis: CanaryAnalysis): number {
    if (analysis.status?.verdict !== undefined) return Number.POSITIVE_INFINITY;
    const now = this.#deps.clock.now();
    return deadlinesOf(analysis, settingsOf(analysis.spec, this.#deps.config), now).readable - now;
  }

  /** Decides from the object as it is now: the mirror may lag behind what this process has written itself. */
  async #work(ref: { namespace: string; name: string }, uid: string, signal: AbortSignal): Promise<void> {
    const fresh = await this.#deps.analyses.get(ref, { signal });
    if (fresh.metadata.uid !== uid || fresh.metadata.deletionTimestamp !== undefined) return;
    const settings = settingsOf(fresh.spec, this.#deps.config);
    if (fresh.status?.verdict === undefined) await judgeTask(this.#deps, fresh, settings, signal);
    else if (conditionOf(fresh.status, 'Reviewed')?.reason === 'Pending') {
      await adviseTask(this.#deps, fresh, settings, signal);
    }
  }

  async #report(
    key: string,
    analysis: CanaryAnalysis,
    plan: ReportPlan | undefined,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (plan === undefined) return undefined;
    if (plan.action === 'skip') {
      if (analysis.status?.verdict !== 'Promote')
        this.#deps.logger.info(SKIPPING_ISSUE_NOW, { ...logFields(analysis), reason: plan.condition.reason });
      await setReported(this.#deps, analysis, plan.condition, signal);
      return undefined;
    }
    const uid = analysis.metadata.uid ?? '';
    if (this.#reporting.has(key, uid)) return undefined;
    const wait = this.#reportPauses.waitMs(key, uid, versionOf(analysis));
    if (wait > 0) return wait;
    this.#reporting.start(key, uid, async (abort) => {
      const { namespace = '', name } = analysis.metadata;
      const fresh = await this.#deps.analyses.get({ namespace, name }, { signal: abort });
      const reported = conditionOf(fresh.status, 'Reported');
      const settled = reported !== undefined && reported.reason !== REPORT_RETRIED;
      if (fresh.metadata.uid !== uid || settled) return 'settled';
      return reportTask(this.#deps, fresh, plan, abort);
    });
    return undefined;
  }

  async #expireEvidence(analysis: CanaryAnalysis, signal: AbortSignal): Promise<void> {
    await deleteEvidence(this.#deps, analysis, signal);
    await this.#deps.writer.update(
      analysis,
      ({ status = {}, metadata }) => ({
        ...status,
        conditions: withCondition(
          status.conditions,
          {
            type: 'EvidenceStored',
            status: 'False',
            reason: 'Expired',
            message: 'The stored evidence has expired.',
          },
          this.#deps.clock.now(),
          metadata.generation,
        ),
      }),
      signal,
    );
  }

  /** The AnalysisRun as the mirror has it; that it is gone is believed only of the API server itself. */
  async #view(analysis: CanaryAnalysis, settings: Settings, signal: AbortSignal): Promise<RunView> {
    const { measurement } = analysis.spec;
    if (measurement === undefined) return { state: 'none' };
    const all = this.#deps.siblings(analysis.metadata.namespace ?? '');
    if (!needsRun(analysis, settings, all)) return { state: 'unknown' };
    const { namespace = '' } = analysis.metadata;
    const seen = viewRun(analysis, this.#runs.get(namespace, measurement.analysisRun));
    if (seen.state === 'present') return seen;
    try {
      const ref = { namespace, name: measurement.analysisRun };
      return viewRun(analysis, await this.#deps.cluster.analysisRuns.get(ref, { signal }));
    } catch (error) {
      if (isCoded(error, 'API_NOT_FOUND')) return { state: 'gone' };
      this.#deps.logger.warn('AnalysisRun cannot be read', { ...logFields(analysis), error });
      return { state: 'unknown' };
    }
  }

  async #end(key: string): Promise<void> {
    await Promise.all([this.#judging.abort(key), this.#reporting.abort(key)]);
    this.#judgePauses.forget(key);
    this.#reportPauses.forget(key);
  }
}

/** Logged when a verdict is not reported although a repository is configured; the reason stands beside it. */
const SKIPPING_ISSUE_NOW = 'Skipping GitHub issue creation';

/** The version of an object as the mirror has it; empty when it has none. */
function versionOf(analysis: CanaryAnalysis | undefined): string {
  return analysis?.metadata.resourceVersion ?? '';
}

function ignoreGone(error: unknown): void {
  if (!isCoded(error, 'API_NOT_FOUND') && !isCoded(error, 'API_CONFLICT')) throw error;
}
