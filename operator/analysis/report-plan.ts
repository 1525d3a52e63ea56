import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../crds/v1alpha1/labels.ts';
import { endedPhase, isDryRun, type RunView } from './analysis-run.ts';
import { CLOSED } from './closing.ts';
import type { Settings } from './settings.ts';
import { type ConditionUpdate, conditionOf } from './status.ts';

/** What becomes of the report on GitHub. */
export type ReportPlan =
  | { readonly action: 'post' }
  /** Nothing will be posted, and the condition says why. */
  | { readonly action: 'skip'; readonly condition: ConditionUpdate };

/** The reason of the `Reported` condition while a failed report is tried again. */
export const REPORT_RETRIED = 'Retrying';

/**
 * Whether a verdict is to be reported now: it asks for it, and its AnalysisRun, if it has one, has ended so that the
 * rollout really failed (a failureLimit may forgive one Abort; a dry run fails nothing). Undefined: nothing to do, or not yet.
 */
export function reportPlan(
  analysis: CanaryAnalysis,
  settings: Settings,
  run: RunView,
): ReportPlan | undefined {
  const { status } = analysis;
  const { gitHub } = settings;
  if (gitHub === undefined || status?.verdict === undefined) return undefined;
  const reported = conditionOf(status, 'Reported');
  if (reported !== undefined && reported.reason !== REPORT_RETRIED) return undefined;
  if (CLOSED.has(status.reason ?? '') || !asksForReport(status.verdict, gitHub.issue)) return undefined;
  if (run.state === 'none') return { action: 'post' };
  if (run.state === 'gone') {
    return skip('AnalysisRunGone', 'The AnalysisRun was deleted before it had ended: nothing was posted.');
  }
  if (run.state !== 'present') return undefined;
  const phase = endedPhase(run.run);
  if (phase === undefined) return undefined;
  const { metric = '' } = analysis.spec.measurement ?? {};
  if (isDryRun(analysis, run.run))
    return skip('DryRun', `The metric ${metric} is a dry run: nothing was posted.`);
  const failed = phase === 'Failed' || (phase === 'Inconclusive' && gitHub.issue === 'OnAbortOrInconclusive');
  if (failed) return { action: 'post' };
  return skip('AnalysisRunPassed', `The AnalysisRun ended as ${phase}: nothing was posted.`);
}

/** Whether what is to be done depends on the AnalysisRun: for a finished, released and reported analysis it does not. */
export function needsRun({ metadata, status }: CanaryAnalysis, { gitHub }: Settings): boolean {
  if (status?.verdict === undefined || metadata.labels?.[LABEL_AWAITED] !== undefined) return true;
  if (conditionOf(status, 'Reviewed')?.reason === 'Pending') return true;
  const reported = conditionOf(status, 'Reported');
  if (gitHub === undefined || !asksForReport(status.verdict, gitHub.issue)) return false;
  return reported === undefined || reported.reason === REPORT_RETRIED;
}

function asksForReport(verdict: string, issue: string): boolean {
  if (issue === 'Never') return false;
  return verdict === 'Abort' || (verdict === 'Inconclusive' && issue === 'OnAbortOrInconclusive');
}

function skip(reason: string, message: string): ReportPlan {
  return { action: 'skip', condition: { type: 'Reported', status: 'False', reason, message } };
}
