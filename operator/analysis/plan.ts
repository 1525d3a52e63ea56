import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../crds/v1alpha1/labels.ts';
import type { Decision, Instant } from '../model.ts';
import { endedPhase, measurementFinished, type RunView } from './analysis-run.ts';
import { closing } from './closing.ts';
import { holdsIssue, type ReportPlan, reportPlan } from './report-plan.ts';
import type { Settings } from './settings.ts';
import { isReplaced } from './siblings.ts';
import { conditionOf } from './status.ts';

/** Everything that a reconcile has gathered: what to do follows from it alone. */
export interface AnalysisView {
  readonly analysis: CanaryAnalysis;
  readonly settings: Settings;
  readonly run: RunView;
  /** Every analysis of the namespace, this one included. */
  readonly all: readonly CanaryAnalysis[];
  /** Finished analyses kept for each Rollout. */
  readonly historyLimit: number;
  readonly now: Instant;
}

/** What a reconcile does next. */
export interface Plan {
  /** End the analysis now, whatever is in flight. */
  readonly close?: Decision;
  /** What works in the background: the way to the verdict, or an opinion that comes after it. Absent: nothing may be in flight. */
  readonly work?: 'judge' | 'advise';
  readonly report?: ReportPlan;
  /** Take the `awaited` label off. */
  readonly release: boolean;
  /** Delete the stored evidence. */
  readonly expireEvidence: boolean;
  /** Delete the object. */
  readonly remove: boolean;
  /** Come back then, milliseconds from now. */
  readonly requeueAfterMs?: number;
}

const NOTHING: Plan = { release: false, expireEvidence: false, remove: false };

/** What to do for one analysis. Pure: the same view gives the same plan. */
export function planFor(view: AnalysisView): Plan {
  const { analysis } = view;
  if (analysis.metadata.deletionTimestamp !== undefined) return NOTHING;
  if (analysis.status?.verdict !== undefined) return planFinished(view);
  const close = firstOf(CLOSINGS, view);
  return close === undefined ? { ...NOTHING, work: 'judge' } : { ...NOTHING, close };
}

type Closing = (view: AnalysisView) => Decision | undefined;

/** Why an analysis ends without being decided; the first that holds. */
const CLOSINGS: readonly Closing[] = [
  ({ analysis }) =>
    analysis.spec.cancelled === true
      ? closing('Cancelled', 'The analysis was cancelled before it had a verdict.')
      : undefined,
  ({ run }) =>
    run.state === 'gone'
      ? closing('AnalysisRunEnded', 'The AnalysisRun was deleted before there was a verdict.')
      : undefined,
  ({ run }) => {
    const phase = run.state === 'present' ? endedPhase(run.run) : undefined;
    if (phase === undefined) return undefined;
    return closing('AnalysisRunEnded', `The AnalysisRun ended as ${phase} before there was a verdict.`);
  },
  ({ analysis, all }) =>
    isReplaced(analysis, all)
      ? closing('Replaced', 'A later measurement of the same metric exists; this one was left behind.')
      : undefined,
];

function planFinished(view: AnalysisView): Plan {
  const { analysis, run, settings, now } = view;
  const awaited = analysis.metadata.labels?.[LABEL_AWAITED] !== undefined;
  const done = run.state === 'none' || run.state === 'gone' || finishedIn(view);
  const release = awaited && done;
  const reviewed = conditionOf(analysis.status, 'Reviewed');
  const advising = reviewed?.reason === 'Pending' && run.state !== 'gone';
  const report = advising ? undefined : reportPlan(analysis, settings, run, view.all, now);
  const completed = Date.parse(analysis.status?.completionTime ?? '');
  const ttlEnds = completed + settings.ttlMs;
  const reporting = report !== undefined && report.action !== 'skip';
  const free = !awaited && !advising && !reporting;
  const outdated = isBeyondHistory(view) && !holdsIssue(analysis, view.all);
  const remove = free && (now >= ttlEnds || outdated);
  const expires = Date.parse(analysis.status?.evidenceRef?.expires ?? '');
  const stored = conditionOf(analysis.status, 'EvidenceStored')?.status === 'True';
  const next = [ttlEnds, stored ? expires : Number.NaN].filter((at) => at > now);
  return {
    release,
    remove,
    expireEvidence: stored && now >= expires,
    ...(advising ? { work: 'advise' as const } : {}),
    ...(report === undefined ? {} : { report }),
    ...(next.length === 0 ? {} : { requeueAfterMs: Math.min(...next) - now }),
  };
}

function finishedIn({ analysis, run }: AnalysisView): boolean {
  return run.state === 'present' && measurementFinished(analysis, run.run);
}

/** Whether more than the limit of analyses of the same Rollout were completed after this one. */
function isBeyondHistory({ analysis, all, historyLimit }: AnalysisView): boolean {
  const { rollout, completionTime = '' } = analysis.status ?? {};
  if (rollout === undefined) return false;
  const newer = all.filter(
    ({ metadata, status }) =>
      metadata.namespace === analysis.metadata.namespace &&
      status?.rollout === rollout &&
      status.completionTime !== undefined &&
      status.completionTime > completionTime,
  );
  return newer.length >= historyLimit;
}

function firstOf(closings: readonly Closing[], view: AnalysisView): Decision | undefined {
  for (const check of closings) {
    const decision = check(view);
    if (decision !== undefined) return decision;
  }
  return undefined;
}
