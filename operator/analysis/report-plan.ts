import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../crds/v1alpha1/labels.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import type { Instant } from '../model.ts';
import { endedPhase, isDryRun, type RunView } from './analysis-run.ts';
import { CLOSED } from './closing.ts';
import type { Settings } from './settings.ts';
import { type ConditionUpdate, conditionOf } from './status.ts';

/** What becomes of the report on GitHub. */
export type ReportPlan =
  | { readonly action: 'post'; readonly issue: boolean; readonly pullRequest: boolean }
  /** A Promote closes the issues of its Rollout: those that earlier analyses know of, the newest first, and what the repository has besides. */
  | { readonly action: 'close'; readonly issueURLs: readonly string[] }
  /** Nothing will be posted, and the condition says why. */
  | { readonly action: 'skip'; readonly condition: ConditionUpdate };

/** A report that is to be made. */
export type DueReport = Exclude<ReportPlan, { readonly action: 'skip' }>;

/** The reason of the `Reported` condition while a failed report is tried again. */
export const REPORT_RETRIED = 'Retrying';
/** The reason of the `Reported` condition of a Promote that has closed issues. */
export const ISSUES_CLOSED = 'IssuesClosed';

/** How long a report is tried again, milliseconds. */
const MAX_RETRYING_MS = 24 * 3_600_000;

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
  now: Instant,
): ReportPlan | undefined {
  const due = dueReport(analysis, settings, all);
  if (due === undefined) return undefined;
  const reported = conditionOf(analysis.status, 'Reported');
  if (reported === undefined) return onceEnded(analysis, settings, run, due);
  const since = Date.parse(reported.lastTransitionTime);
  if (now - since < MAX_RETRYING_MS) return due;
  return skip('GaveUp', `It was tried for a day. ${reported.message}`);
}

/** What there is to report of a verdict, whatever its AnalysisRun comes to; undefined for nothing, and where it is settled. */
function dueReport(
  analysis: CanaryAnalysis,
  { gitHub }: Settings,
  all: readonly CanaryAnalysis[],
): DueReport | undefined {
  const { status } = analysis;
  if (gitHub === undefined || status?.verdict === undefined || isSettled(status)) return undefined;
  if (status.verdict !== 'Promote') return wantedReport(status.verdict, gitHub);
  if (gitHub.issue === 'Never') return undefined;
  const issueURLs = knownOpenIssues(analysis, all);
  if (issueURLs === undefined || (issueURLs.length === 0 && isPromotedAgain(analysis, all))) return undefined;
  return { action: 'close', issueURLs };
}

/** Whether a later measurement of the same AnalysisRun says Promote, too: the last one asks what the repository has open. */
function isPromotedAgain(analysis: CanaryAnalysis, all: readonly CanaryAnalysis[]): boolean {
  const run = analysis.spec.measurement?.analysisRunUID;
  return siblingsOf(analysis, all).some(
    (sibling) =>
      sibling.status?.verdict === 'Promote' &&
      run !== undefined &&
      sibling.spec.measurement?.analysisRunUID === run &&
      ended(sibling) > ended(analysis),
  );
}

/** What becomes of a report that nobody has tried yet. */
function onceEnded(
  analysis: CanaryAnalysis,
  { gitHub }: Settings,
  run: RunView,
  due: DueReport,
): ReportPlan | undefined {
  const closes = due.action === 'close';
  if (run.state === 'none') return closes ? undefined : due;
  if (run.state === 'gone') {
    return skip('AnalysisRunGone', 'The AnalysisRun was deleted before it had ended: nothing was posted.');
  }
  const phase = run.state === 'present' ? endedPhase(run.run) : undefined;
  if (run.state !== 'present' || phase === undefined) return undefined;
  const dryRun = isDryRun(analysis, run.run);
  if (dryRun) {
    const { metric = '' } = analysis.spec.measurement ?? {};
    return skip('DryRun', `The metric ${metric} is a dry run: nothing was posted.`);
  }
  const unsure = phase === 'Inconclusive' && gitHub?.issue === 'OnAbortOrInconclusive';
  if (closes ? phase === 'Successful' : phase === 'Failed' || unsure) return due;
  const otherwise = closes ? 'AnalysisRunFailed' : 'AnalysisRunPassed';
  return skip(
    phase === 'Error' ? 'AnalysisRunError' : otherwise,
    `The AnalysisRun ended as ${phase}: nothing was posted.`,
  );
}

/** Whether nothing will be posted any more: it was, or will never be. */
function isSettled(status: CanaryAnalysisStatus): boolean {
  const reported = conditionOf(status, 'Reported');
  return CLOSED.has(status.reason ?? '') || (reported !== undefined && reported.reason !== REPORT_RETRIED);
}

/**
 * The issues that analyses of the same Rollout and repository opened before this one ended, and no Promote has closed
 * since; newest first. Undefined while one of these analyses may still open one: what comes later must be closed, too.
 */
function knownOpenIssues(
  analysis: CanaryAnalysis,
  all: readonly CanaryAnalysis[],
): readonly string[] | undefined {
  const earlier = siblingsOf(analysis, all)
    .filter((sibling) => sibling.status?.verdict !== 'Promote' && ended(sibling) < ended(analysis))
    .sort((a, b) => (ended(a) < ended(b) ? 1 : -1));
  if (earlier.some(mayOpenIssue)) return undefined;
  const open = earlier.filter((sibling) => holdsIssue(sibling, all));
  return [...new Set(open.flatMap(({ status }) => status?.issueURL ?? []))];
}

/**
 * Whether an analysis opened an issue that no Promote of its Rollout has closed since: the next one finds the issue by it, also
 * one without a label.
 */
export function holdsIssue(analysis: CanaryAnalysis, all: readonly CanaryAnalysis[]): boolean {
  const { status } = analysis;
  if (status?.issueURL === undefined || status.verdict === 'Promote') return false;
  return !siblingsOf(analysis, all).some(
    (sibling) =>
      conditionOf(sibling.status, 'Reported')?.reason === ISSUES_CLOSED && ended(sibling) > ended(analysis),
  );
}

function mayOpenIssue({ spec, status = {} }: CanaryAnalysis): boolean {
  const { issue = 'OnAbort' } = spec.gitHub ?? {};
  const wanted =
    status.verdict === 'Abort' || (status.verdict === 'Inconclusive' && issue === 'OnAbortOrInconclusive');
  return wanted && issue !== 'Never' && !isSettled(status);
}

/** The other analyses of the same Rollout and repository. */
function siblingsOf(analysis: CanaryAnalysis, all: readonly CanaryAnalysis[]): readonly CanaryAnalysis[] {
  return all.filter(
    ({ metadata, spec, status }) =>
      metadata.namespace === analysis.metadata.namespace &&
      metadata.uid !== analysis.metadata.uid &&
      spec.gitHub?.url === analysis.spec.gitHub?.url &&
      status?.rollout !== undefined &&
      status.rollout === analysis.status?.rollout,
  );
}

function ended({ status }: CanaryAnalysis): string {
  return status?.completionTime ?? '';
}

/** Whether what is to be done depends on the AnalysisRun: for a finished, released and reported analysis it does not. */
export function needsRun(
  analysis: CanaryAnalysis,
  settings: Settings,
  all: readonly CanaryAnalysis[],
): boolean {
  const { metadata, status } = analysis;
  if (status?.verdict === undefined || metadata.labels?.[LABEL_AWAITED] !== undefined) return true;
  if (conditionOf(status, 'Reviewed')?.reason === 'Pending') return true;
  return dueReport(analysis, settings, all) !== undefined;
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
