import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../crds/v1alpha1/labels.ts';
import { endedPhase, isDryRun, type RunView } from './analysis-run.ts';
import { CLOSED } from './closing.ts';
import type { Settings } from './settings.ts';
import { type ConditionUpdate, conditionOf } from './status.ts';

/** What becomes of the report on GitHub. */
export type ReportPlan =
  | { readonly action: 'post'; readonly issue: boolean; readonly pullRequest: boolean }
  /** A later Promote closes the issues of the same rollout, the newest first. */
  | { readonly action: 'close'; readonly issueURLs: readonly string[] }
  /** Nothing will be posted, and the condition says why. */
  | { readonly action: 'skip'; readonly condition: ConditionUpdate };

/** The reason of the `Reported` condition while a failed report is tried again. */
export const REPORT_RETRIED = 'Retrying';
/** The reason of the `Reported` condition of a Promote that has closed issues. */
export const ISSUES_CLOSED = 'IssuesClosed';

/**
 * Whether a verdict is to be reported now: it asks for it, and its AnalysisRun, if it has one, has ended so that the
 * rollout really failed (a failureLimit may forgive one Abort; a dry run fails nothing). Undefined: nothing to do, or not yet.
 * @param all every analysis of the namespace
 */
export function reportPlan(
  analysis: CanaryAnalysis,
  settings: Settings,
  run: RunView,
  all: readonly CanaryAnalysis[],
): ReportPlan | undefined {
  const { status } = analysis;
  const { gitHub } = settings;
  if (gitHub === undefined || status?.verdict === undefined) return undefined;
  const reported = conditionOf(status, 'Reported');
  if (reported !== undefined && reported.reason !== REPORT_RETRIED) return undefined;
  if (CLOSED.has(status.reason ?? '')) return undefined;
  if (status.verdict === 'Promote') return closePlan(analysis, settings, run, all);
  const wanted = wantedReport(status.verdict, gitHub);
  if (wanted === undefined) return undefined;
  if (run.state === 'none') return wanted;
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
  if (failed) return wanted;
  return skip('AnalysisRunPassed', `The AnalysisRun ended as ${phase}: nothing was posted.`);
}

/** A Promote whose AnalysisRun has passed closes what earlier analyses of its Rollout have opened. */
function closePlan(
  analysis: CanaryAnalysis,
  { gitHub }: Settings,
  run: RunView,
  all: readonly CanaryAnalysis[],
): ReportPlan | undefined {
  if (gitHub?.issue === 'Never' || run.state !== 'present' || isDryRun(analysis, run.run)) return undefined;
  if (endedPhase(run.run) !== 'Successful') return undefined;
  const issueURLs = issuesToClose(analysis, all);
  return issueURLs.length === 0 ? undefined : { action: 'close', issueURLs };
}

/** The issues that analyses of the same Rollout and repository opened before this one ended, and no Promote has closed since; newest first. */
function issuesToClose(analysis: CanaryAnalysis, all: readonly CanaryAnalysis[]): readonly string[] {
  const ended = ({ status }: CanaryAnalysis): string => status?.completionTime ?? '';
  const siblings = all.filter(
    ({ metadata, spec, status }) =>
      metadata.namespace === analysis.metadata.namespace &&
      metadata.uid !== analysis.metadata.uid &&
      spec.gitHub?.url === analysis.spec.gitHub?.url &&
      status?.rollout !== undefined &&
      status.rollout === analysis.status?.rollout,
  );
  const closing = siblings.filter(({ status }) => conditionOf(status, 'Reported')?.reason === ISSUES_CLOSED);
  const open = siblings
    .filter(({ status }) => status?.verdict !== 'Promote' && status?.issueURL !== undefined)
    .filter((sibling) => ended(sibling) < ended(analysis))
    .filter((sibling) => !closing.some((promoted) => ended(promoted) > ended(sibling)))
    .sort((a, b) => (ended(a) < ended(b) ? 1 : -1));
  return [...new Set(open.flatMap(({ status }) => status?.issueURL ?? []))];
}

/** Whether what is to be done depends on the AnalysisRun: for a finished, released and reported analysis it does not. */
export function needsRun(
  analysis: CanaryAnalysis,
  { gitHub }: Settings,
  all: readonly CanaryAnalysis[],
): boolean {
  const { metadata, status } = analysis;
  if (status?.verdict === undefined || metadata.labels?.[LABEL_AWAITED] !== undefined) return true;
  if (conditionOf(status, 'Reviewed')?.reason === 'Pending') return true;
  const reported = conditionOf(status, 'Reported');
  if (gitHub === undefined) return false;
  const reports =
    status.verdict === 'Promote'
      ? gitHub.issue !== 'Never' && issuesToClose(analysis, all).length > 0
      : wantedReport(status.verdict, gitHub) !== undefined;
  if (!reports) return false;
  return reported === undefined || reported.reason === REPORT_RETRIED;
}

/** What a verdict is reported as; undefined for not at all. */
function wantedReport(
  verdict: string,
  gitHub: NonNullable<Settings['gitHub']>,
): (ReportPlan & { readonly action: 'post' }) | undefined {
  const aborted = verdict === 'Abort';
  const unsure = verdict === 'Inconclusive' && gitHub.issue === 'OnAbortOrInconclusive';
  const issue = gitHub.issue !== 'Never' && (aborted || unsure);
  const pullRequest = aborted && gitHub.pullRequest;
  return issue || pullRequest ? { action: 'post', issue, pullRequest } : undefined;
}

function skip(reason: string, message: string): ReportPlan {
  return { action: 'skip', condition: { type: 'Reported', status: 'False', reason, message } };
}
