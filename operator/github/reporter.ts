import type { Logger } from '../kernel/logger.ts';
import type { Client } from './client.ts';
import { gitOf } from './git.ts';
import { type Closing, closeIssue, issuesToClose } from './issue-closing.ts';
import { type IssueOutcome, reportIssue, type Writing } from './issue-reporting.ts';
import { ISSUE_LABEL } from './issue-text.ts';
import { issuesOf } from './issues.ts';
import { type PullRequestOutcome, proposeFix } from './pull-request-lifecycle.ts';
import { pullsOf } from './pulls.ts';
import type { Report } from './report.ts';
import { createSession, type SessionConfig } from './session.ts';

/** Where the reporter logs; never a token, a header or a body. */
export type ReportLogger = Pick<Logger, 'info' | 'warn'>;

/** What the operator's configuration says about GitHub. */
export interface ReporterConfig extends SessionConfig {
  /** Folders whose files a proposed fix may change; none when absent, and then each becomes a proposal in words. */
  readonly pullRequestPaths?: readonly string[];
  /** Replaces secrets and personal data once more before text leaves the cluster. */
  readonly redact: (text: string) => string;
  readonly logger: ReportLogger;
}

/** How a call to the reporter can be ended. */
export interface ReportOptions {
  readonly signal: AbortSignal;
}

/**
 * Reports verdicts to GitHub. Each call can be repeated: what an earlier one has done is found, not done again.
 * All throw CodedError `CONFIG_INVALID`, `ORIGIN_FORBIDDEN`, `ABORTED`, or GitHubError `GITHUB_REFUSED`, `GITHUB_UNAVAILABLE`.
 */
export interface Reporter {
  /** Sees that there is one issue for the cause of a report, and that it tells of this report. */
  reportIssue(
    report: Report,
    options: ReportOptions,
  ): Promise<Pick<IssueOutcome, 'action' | 'seen' | 'cause'> & { readonly issueURL: string }>;
  /** Sees that there is one pull request for the cause of a report, or of the issue where there is one, to which it refers. */
  proposeFix(
    report: Report,
    options: ReportOptions & { readonly issueURL?: string; readonly cause?: string },
  ): Promise<Pick<PullRequestOutcome, 'action' | 'why'> & { readonly pullRequestURL: string }>;
  /** The addresses of the issues that a report which promoted closes: all that its Rollout has open; none without a token. */
  issuesToClose(report: Report, options: ReportOptions): Promise<readonly string[]>;
  /** Comments on an issue of ours and closes it, for a report that promoted. */
  closeIssue(report: Report, issueURL: string, options: ReportOptions): Promise<Closing>;
}

/** Logged by whoever would report when the analysis names no repository. */
export const SKIPPING_ISSUE = 'Skipping GitHub issue creation (githubUrl not configured)';
/** Logged before each call that writes. */
const ATTEMPTING = {
  create: 'Attempting to create GitHub issue',
  comment: 'Attempting to comment on GitHub issue',
  update: 'Attempting to update GitHub issue',
  commit: 'Attempting to write a commit to GitHub',
  branch: 'Attempting to write a branch to GitHub',
  'pull request': 'Attempting to create GitHub pull request',
} as const;

/** A reporter for one configuration. */
export function createReporter(config: ReporterConfig): Reporter {
  const { logger, token, redact, pullRequestPaths = [] } = config;
  const within = createSession(config);

  const fieldsOf = ({ repository }: Client, report: Report) => ({
    repository: `${repository.owner}/${repository.name}`,
    canaryAnalysis: report.name,
  });

  const writing = (client: Client, report: Report): Writing => ({
    redact,
    before(what, issue) {
      const fields = { ...fieldsOf(client, report), ...(issue === undefined ? {} : { issueURL: issue.url }) };
      logger.info(ATTEMPTING[what], fields);
    },
  });

  return {
    reportIssue: (report, { signal }) =>
      within(report, signal, async (client) => {
        const { issue, action, seen, cause } = await reportIssue(
          issuesOf(client),
          report,
          writing(client, report),
        );
        if (action === 'opened' && !issue.labels.includes(ISSUE_LABEL)) {
          logger.warn('GitHub dropped the label of an issue: the token may not label', {
            ...fieldsOf(client, report),
            issueURL: issue.url,
          });
        }
        return { issueURL: issue.url, action, seen, cause };
      }),
    proposeFix: (report, { signal, issueURL, cause }) =>
      within(report, signal, async (client) => {
        const { baseBranch } = report;
        const issueNumber = issueURL === undefined ? undefined : numberOf(issueURL);
        const { pull, action, why } = await proposeFix(report, {
          git: gitOf(client),
          pulls: pullsOf(client),
          paths: pullRequestPaths,
          redact,
          before: (what) => logger.info(ATTEMPTING[what], fieldsOf(client, report)),
          ...(cause === undefined ? {} : { cause }),
          ...(baseBranch === undefined ? {} : { baseBranch }),
          ...(issueNumber === undefined ? {} : { issueNumber }),
        });
        return { pullRequestURL: pull.url, action, ...(why === undefined ? {} : { why }) };
      }),
    issuesToClose: async (report, { signal }) => {
      if (!token) return [];
      const issues = await within(report, signal, (client) => issuesToClose(issuesOf(client), report));
      return issues.map(({ url }) => url);
    },
    closeIssue: (report, issueURL, { signal }) =>
      within(report, signal, async (client) => {
        const number = numberOf(issueURL);
        if (number === undefined) return 'notOurs';
        return closeIssue(issuesOf(client), number, report, writing(client, report));
      }),
  };
}

/** The number that the address of an issue ends with. */
function numberOf(url: string): number | undefined {
  const match = /\/issues\/(\d{1,12})$/.exec(url);
  return match === null ? undefined : Number(match[1]);
}
