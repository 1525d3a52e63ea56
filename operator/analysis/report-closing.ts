import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Report } from '../github/index.ts';
import { logFields } from './analysis-log.ts';
import { ISSUES_CLOSED } from './report-plan.ts';
import { isTerminal, messageOf, type ReportDeps, type Reported, reportedCondition } from './reported.ts';

/** What a Promote says of a Rollout without an open issue. */
export const NOTHING_OPEN: Reported = {
  condition: reportedCondition('False', 'NothingOpen', [
    'No issue of this Rollout is open: nothing was posted.',
  ]),
  links: {},
};

/**
 * Closes each issue that it can: those that analyses know of, and those that the repository has of this Rollout when they have
 * gone. One that has gone itself keeps no other open.
 */
export async function closeIssues(
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
      else if (closing === 'ofAnother')
        left.push(`${issueURL} stays open: it is of another Rollout of that name.`);
      else
        left.push(
          `${issueURL} no longer says that it is the operator's, or a stranger says so, and stays as it is.`,
        );
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
  const status = issueURL === undefined ? 'False' : 'True';
  return {
    condition: reportedCondition(status, ISSUES_CLOSED, [...done, ...already, ...left]),
    links: issueURL === undefined ? {} : { issueURL },
  };
}
