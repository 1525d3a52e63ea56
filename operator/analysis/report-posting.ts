import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Report } from '../github/index.ts';
import { logFields } from './analysis-log.ts';
import type { DueReport } from './report-plan.ts';
import {
  isTerminal,
  messageOf,
  type ReportDeps,
  type Reported,
  reportedCondition,
  setLinks,
} from './reported.ts';
import type { ConditionUpdate } from './status.ts';

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

/** The issue first, and its link into the status; then the pull request, which refers to it. */
export async function postReport(
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
  const reason = issue === undefined ? 'PullRequestOpened' : REASON[issue.action];
  const condition = (...more: readonly string[]): ConditionUpdate =>
    reportedCondition('True', reason, [...said, ...more]);
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
      edited: `Somebody has committed to the branch of ${pullRequestURL}: it is left alone.`,
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
