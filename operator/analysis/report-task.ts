import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import { GitHubError, type Report, reportOf } from '../github/index.ts';
import { logFields, objectReference } from './analysis-log.ts';
import type { Deps } from './deps.ts';
import { loadEvidence } from './evidence-store.ts';
import { type DueReport, ISSUES_CLOSED, REPORT_RETRIED } from './report-plan.ts';
import { type ConditionUpdate, clip, withCondition } from './status.ts';

/** What a report is made with. */
export type ReportDeps = Pick<
  Deps,
  'reporter' | 'writer' | 'configMaps' | 'clock' | 'logger' | 'redact' | 'metrics' | 'recorder'
>;

/** How a try ends: nothing is left to do, or it is to be tried again, at the earliest after so many milliseconds. */
export type ReportEnd = 'settled' | { readonly retryAfterMs: number };

/** The longest message of a condition, characters. */
const MAX_MESSAGE = 1024;
/** The longest that a pause which GitHub asks for is kept, milliseconds. */
const MAX_PAUSE_MS = 3_600_000;

/**
 * Reports an analysis to GitHub, or takes up a report that an earlier try began, and writes each link as soon as there is
 * one.
 * @throws CodedError `ABORTED` when the signal fired.
 */
export async function reportTask(
  deps: ReportDeps,
  analysis: CanaryAnalysis,
  due: DueReport,
  signal: AbortSignal,
): Promise<ReportEnd> {
  const report = reportOf(analysis, await changeOf(deps, analysis, signal));
  if (report === undefined) return 'settled';
  const asked = await ask(deps, analysis, due, report, signal);
  if ('failure' in asked) return failed(deps, analysis, asked.failure, signal);
  await setReported(deps, analysis, asked.condition, signal, asked.links);
  if (asked !== NOTHING_OPEN)
    deps.recorder.record(objectReference(analysis), 'Normal', 'Reported', asked.condition.message);
  return 'settled';
}

/** What GitHub's part comes to; what fails in the cluster meanwhile is thrown, for it says nothing of GitHub. */
async function ask(
  deps: ReportDeps,
  analysis: CanaryAnalysis,
  due: DueReport,
  report: Report,
  signal: AbortSignal,
): Promise<Reported | { readonly failure: unknown }> {
  try {
    return due.action === 'close'
      ? await close(deps, analysis, report, due.issueURLs, signal)
      : await post(deps, analysis, report, due, signal);
  } catch (error) {
    if (isCoded(error) && /^(ABORTED$|API_|VERDICT_)/.test(error.code)) throw error;
    return { failure: error };
  }
}

/** Writes down that GitHub, or the configuration, refused the report, or that it is tried again. */
async function failed(
  deps: ReportDeps,
  analysis: CanaryAnalysis,
  error: unknown,
  signal: AbortSignal,
): Promise<ReportEnd> {
  deps.logger.warn('report failed', { ...logFields(analysis), error });
  const message = clip(messageOf(deps, error), MAX_MESSAGE);
  const final = isTerminal(error);
  const reason = final ? 'Refused' : REPORT_RETRIED;
  await setReported(deps, analysis, { type: 'Reported', status: 'False', reason, message }, signal);
  if (!final) return { retryAfterMs: pauseOf(error) };
  deps.recorder.record(objectReference(analysis), 'Warning', 'ReportRefused', message);
  return 'settled';
}

type Links = Pick<CanaryAnalysisStatus, 'issueURL' | 'pullRequestURL'>;
type Reported = { readonly condition: ConditionUpdate; readonly links: Links };

/** The issue first, and its link into the status; then the pull request, which refers to it. */
async function post(
  deps: ReportDeps,
  analysis: CanaryAnalysis,
  report: Report,
  due: DueReport & { readonly action: 'post' },
  signal: AbortSignal,
): Promise<Reported> {
  const issue = due.issue ? await deps.reporter.reportIssue(report, { signal }) : undefined;
  const issueURL = issue?.issueURL;
  const links = issueURL === undefined ? {} : { issueURL };
  const said = issue === undefined ? [] : [SAID[issue.action](issue.issueURL, issue.seen)];
  const condition = (...more: readonly string[]): ConditionUpdate => ({
    type: 'Reported',
    status: 'True',
    reason: issue === undefined ? 'PullRequestOpened' : REASON[issue.action],
    message: clip([...said, ...more].join(' '), MAX_MESSAGE),
  });
  if (!due.pullRequest) return { condition: condition(), links };
  const agents = analysis.status?.pullRequestURL;
  if (agents !== undefined) return { condition: condition(`The agent opened ${agents}.`), links };
  if (issueURL !== undefined) await setLinks(deps, analysis, links, signal);
  try {
    const pull = await deps.reporter.proposeFix(report, {
      signal,
      ...links,
      ...(issue === undefined ? {} : { cause: issue.cause }),
    });
    const { pullRequestURL, why } = pull;
    const what = why === undefined ? 'A fix is proposed as' : 'What to do is proposed as';
    const because = why === undefined ? '' : ` (${why})`;
    const left = {
      left: `A person has closed ${pullRequestURL}: it is left alone.`,
      kept: `What is proposed stands as ${pullRequestURL}.`,
      merged: `What was proposed as ${pullRequestURL} is merged.`,
    }[pull.action as string];
    return {
      condition: condition(left ?? `${what} ${pullRequestURL}${because}.`),
      links: { ...links, pullRequestURL },
    };
  } catch (error) {
    if (issue === undefined || !isTerminal(error) || isCoded(error, 'ABORTED')) throw error;
    deps.logger.warn('pull request refused', { ...logFields(analysis), error });
    return { condition: condition(`No pull request: ${messageOf(deps, error)}.`), links };
  }
}

/**
 * Closes each issue that it can: those that analyses know of, and those that the repository has of this Rollout when they have
 * gone. One that has gone itself keeps no other open.
 */
async function close(
  deps: ReportDeps,
  analysis: CanaryAnalysis,
  report: Report,
  known: readonly string[],
  signal: AbortSignal,
): Promise<Reported> {
  const issueURLs = new Set([...known, ...(await deps.reporter.issuesToClose(report, { signal }))]);
  if (issueURLs.size === 0) return NOTHING_OPEN;
  const closed: string[] = [];
  const before: string[] = [];
  const left: string[] = [];
  let refusal: unknown;
  for (const issueURL of issueURLs) {
    try {
      const closing = await deps.reporter.closeIssue(report, issueURL, { signal });
      if (closing === 'closed') closed.push(issueURL);
      else if (closing === 'alreadyClosed') before.push(issueURL);
      else if (closing === 'metSince')
        left.push(`${issueURL} stays open: a later analysis met the same cause.`);
      else left.push(`${issueURL} no longer says that it is the operator's and stays as it is.`);
    } catch (error) {
      if (!isTerminal(error) || isCoded(error, 'ABORTED')) throw error;
      deps.logger.warn('issue not closed', { ...logFields(analysis), issueURL, error });
      left.push(`${issueURL} could not be closed: ${messageOf(deps, error)}.`);
      refusal ??= error;
    }
  }
  const [issueURL] = [...closed, ...before];
  if (issueURL === undefined && refusal !== undefined) throw refusal;
  const done = closed.length === 0 ? [] : [`Closed ${closed.join(', ')}.`];
  const already = before.map((url) => `${url} was closed already.`);
  const message = clip([...done, ...already, ...left].join(' '), MAX_MESSAGE);
  const status = issueURL === undefined ? 'False' : 'True';
  return {
    condition: { type: 'Reported', status, reason: ISSUES_CLOSED, message },
    links: issueURL === undefined ? {} : { issueURL },
  };
}

/** What a Promote says of a Rollout without an open issue. */
const NOTHING_OPEN: Reported = {
  condition: {
    type: 'Reported',
    status: 'False',
    reason: 'NothingOpen',
    message: 'No issue of this Rollout is open: nothing was posted.',
  },
  links: {},
};

const REASON = {
  opened: 'IssueOpened',
  found: 'IssueOpened',
  commented: 'IssueUpdated',
  reopened: 'IssueReopened',
  full: 'IssueUpdated',
} as const;

const SAID: Readonly<Record<keyof typeof REASON, (issueURL: string, seen: number) => string>> = {
  opened: (issueURL) => `Reported as ${issueURL}.`,
  found: (issueURL) => `Reported as ${issueURL}.`,
  commented: (issueURL, seen) => `Reported at ${issueURL}, where the same cause was met ${seen} times.`,
  reopened: (issueURL, seen) => `Reopened ${issueURL}: the same cause was met ${seen} times.`,
  full: (issueURL, seen) =>
    `Known as ${issueURL}, which has been commented on ${seen} times and is not any more.`,
};

/** Writes the `Reported` condition, and the links where there are any. */
export async function setReported(
  deps: Pick<Deps, 'writer' | 'clock' | 'metrics'>,
  analysis: CanaryAnalysis,
  condition: ConditionUpdate,
  signal: AbortSignal,
  links: Links = {},
): Promise<void> {
  await deps.writer.update(
    analysis,
    ({ status = {}, metadata }) => ({
      ...withLinks(status, links),
      conditions: withCondition(status.conditions, condition, deps.clock.now(), metadata.generation),
    }),
    signal,
  );
  deps.metrics.report(condition.reason);
}

async function setLinks(
  deps: Pick<Deps, 'writer'>,
  analysis: CanaryAnalysis,
  links: Links,
  signal: AbortSignal,
): Promise<void> {
  await deps.writer.update(analysis, ({ status = {} }) => withLinks(status, links), signal);
}

/** The status with links; the pull request is the better one for the column. */
function withLinks(status: CanaryAnalysisStatus, links: Links): CanaryAnalysisStatus {
  const { issueURL, pullRequestURL } = { ...status, ...links };
  const link = pullRequestURL ?? issueURL;
  return { ...status, ...links, ...(link === undefined ? {} : { link }) };
}

/** How the pod templates differ, from the stored evidence; a report without it is better than none. */
async function changeOf(deps: ReportDeps, analysis: CanaryAnalysis, signal: AbortSignal) {
  try {
    return (await loadEvidence(deps, analysis, signal))?.evidence.change;
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    deps.logger.warn('the report is without the change', { ...logFields(analysis), error });
    return undefined;
  }
}

/** How long GitHub asks to wait, milliseconds. */
function pauseOf(error: unknown): number {
  const { retryAfterMs = 0 } = error instanceof GitHubError ? error : {};
  return Math.min(retryAfterMs, MAX_PAUSE_MS);
}

function isTerminal(error: unknown): boolean {
  return isCoded(error) && error.disposition === 'terminal';
}

function messageOf({ redact }: Pick<Deps, 'redact'>, error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
