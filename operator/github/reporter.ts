import { abortedError, type Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import type { Logger } from '../kernel/logger.ts';
import { type Client, createClient } from './client.ts';
import { GitHubError, noAnswerError } from './errors.ts';
import { gitOf } from './git.ts';
import { type Closing, closeIssue, issuesToClose } from './issue-closing.ts';
import { type IssueOutcome, reportIssue, type Writing } from './issue-reporting.ts';
import { ISSUE_LABEL } from './issue-text.ts';
import { issuesOf } from './issues.ts';
import { type PullRequestOutcome, proposeFix } from './pull-request-lifecycle.ts';
import { pullsOf } from './pulls.ts';
import { QuietTime } from './quiet-time.ts';
import type { Report } from './report.ts';
import { parseRepository } from './repository.ts';
import { RepositoryLocks } from './repository-locks.ts';

/** Where the reporter logs; never a token, a header or a body. */
export type ReportLogger = Pick<Logger, 'info' | 'warn'>;

/** What the operator's configuration says about GitHub. */
export interface ReporterConfig {
  /** `GITHUB_TOKEN`; sent to the API of `webURL` and to nobody else. */
  readonly token?: string;
  /** The GitHub the token belongs to; `https://github.com` when absent. */
  readonly webURL?: string;
  /** Where its API is; when absent `https://api.github.com` for github.com, `{webURL}/api/v3` for a GitHub Enterprise Server. */
  readonly apiURL?: string;
  /** What analyses of a namespace may report to: `owner/name` or `owner/*`, compared without case; every repository the token reaches when absent. */
  readonly allowedRepositories?: (namespace: string) => readonly string[] | undefined;
  /** Folders whose files a proposed fix may change; none when absent, and then each becomes a proposal in words. */
  readonly pullRequestPaths?: readonly string[];
  /** Replaces secrets and personal data once more before text leaves the cluster. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly logger: ReportLogger;
  /** How long one call may take, milliseconds; 120,000 when absent, for writes are paced as GitHub asks. */
  readonly timeoutMs?: number;
  /** False leaves out that pace; for tests. */
  readonly paced?: boolean;
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
/** Logged before the call that creates an issue. */
const ATTEMPTING_ISSUE = 'Attempting to create GitHub issue';
/** Logged before the call that creates or updates a pull request. */
const ATTEMPTING_PULL_REQUEST = 'Attempting to create GitHub pull request';

const TIMEOUT_MS = 120_000;

/** A reporter for one configuration; it reads and checks each report's repository anew. */
export function createReporter(config: ReporterConfig): Reporter {
  const { clock, logger, token, redact, timeoutMs = TIMEOUT_MS } = config;
  const locks = new RepositoryLocks();
  const now = (): number => clock.now();
  const quiet = new QuietTime(now);

  async function within<T>(
    report: Report,
    signal: AbortSignal,
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw abortedError(signal, 'the report');
    const allowedRepositories = config.allowedRepositories?.(report.namespace);
    const repository = parseRepository(report.repositoryURL, { ...config, allowedRepositories });
    const { owner, name, apiURL } = repository;
    if (!token) {
      throw new GitHubError(
        'GITHUB_REFUSED',
        `GitHub repository ${owner}/${name}: no token is configured; set GITHUB_TOKEN on the operator`,
      );
    }
    return locks.run(`${apiURL}/${owner}/${name}`.toLowerCase(), signal, async () => {
      const limit = startDeadline(clock, timeoutMs, signal);
      const { paced } = config;
      const client = createClient({
        repository,
        token,
        signal: limit.signal,
        quiet,
        now,
        ...(paced === undefined ? {} : { paced }),
      });
      try {
        return await work(client);
      } catch (error) {
        if (signal.aborted) throw abortedError(signal, 'the report');
        if (limit.expired)
          throw noAnswerError(repository, `did not answer within ${timeoutMs / 1000} s`, error);
        throw error;
      } finally {
        limit.dispose();
      }
    });
  }

  const fieldsOf = ({ repository }: Client, report: Report) => ({
    repository: `${repository.owner}/${repository.name}`,
    canaryAnalysis: report.name,
  });

  const writing = (client: Client, report: Report): Writing => ({
    redact,
    before(what, issue) {
      const fields = { ...fieldsOf(client, report), ...(issue === undefined ? {} : { issueURL: issue.url }) };
      if (what === 'create') logger.info(ATTEMPTING_ISSUE, fields);
      else logger.info(`Attempting to ${what === 'comment' ? 'comment on' : 'update'} GitHub issue`, fields);
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
          paths: config.pullRequestPaths ?? [],
          redact,
          before(what) {
            if (what === 'pull request') logger.info(ATTEMPTING_PULL_REQUEST, fieldsOf(client, report));
            else logger.info(`Attempting to write a ${what} to GitHub`, fieldsOf(client, report));
          },
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
