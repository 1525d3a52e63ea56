import { abortedError, type Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import type { Logger } from '../kernel/logger.ts';
import { GitHubError, noAnswerError } from './errors.ts';
import type { IssueReport } from './issue-report.ts';
import { ISSUE_LABEL, issueText, markerPrefix } from './issue-text.ts';
import { type Issues, openIssues } from './issues.ts';
import { parseRepository } from './repository.ts';

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
  /** Replaces secrets and personal data once more before text leaves the cluster. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly logger: ReportLogger;
  /** How long one report may take, milliseconds; 30,000 when absent. */
  readonly timeoutMs?: number;
}

/** An issue that stands for one CanaryAnalysis. */
export interface IssueReference {
  readonly issueURL: string;
  /** False when an earlier call had opened it already. */
  readonly created: boolean;
}

/** Reports verdicts to GitHub. */
export interface Reporter {
  /**
   * Opens the issue of one CanaryAnalysis, or finds the one that an earlier call opened.
   * @throws CodedError `CONFIG_INVALID`, `ORIGIN_FORBIDDEN`, `ABORTED`, or GitHubError `GITHUB_REFUSED`, `GITHUB_UNAVAILABLE`.
   */
  openIssue(report: IssueReport, options: { readonly signal: AbortSignal }): Promise<IssueReference>;
}

/** Logged by whoever would report when the analysis names no repository. */
export const SKIPPING_ISSUE = 'Skipping GitHub issue creation (githubUrl not configured)';
/** Logged before the call that creates an issue. */
export const ATTEMPTING_ISSUE = 'Attempting to create GitHub issue';

/** How long one report may take, milliseconds. */
const TIMEOUT_MS = 30_000;
/** The operator's clock and GitHub's may differ by this much, milliseconds. */
const CLOCK_SKEW_MS = 3_600_000;

/** A reporter for one configuration; it reads and checks each report's repository anew. */
export function createReporter(config: ReporterConfig): Reporter {
  const { clock, logger, token, redact, timeoutMs = TIMEOUT_MS } = config;
  return {
    async openIssue(report, { signal }) {
      if (signal.aborted) throw abortedError(signal, 'the report');
      const repository = parseRepository(report.repositoryURL, {
        ...config,
        allowedRepositories: config.allowedRepositories?.(report.namespace),
      });
      const { owner, name } = repository;
      if (!token) {
        throw new GitHubError(
          'GITHUB_REFUSED',
          `GitHub repository ${owner}/${name}: no token is configured; set GITHUB_TOKEN on the operator`,
        );
      }
      const limit = startDeadline(clock, timeoutMs, signal);
      try {
        const issues = openIssues({ repository, token, signal: limit.signal, now: () => clock.now() });
        const found = await find(issues, report);
        if (found !== undefined) return { issueURL: found, created: false };
        logger.info(ATTEMPTING_ISSUE, { repository: `${owner}/${name}`, canaryAnalysis: report.name });
        const created = await issues.create({ ...issueText(report, redact), labels: [ISSUE_LABEL] });
        if (!created.labels.includes(ISSUE_LABEL)) {
          logger.warn('GitHub dropped the label of an issue: the token may not label', {
            repository: `${owner}/${name}`,
            issueURL: created.url,
          });
        }
        return { issueURL: created.url, created: true };
      } catch (error) {
        if (signal.aborted) throw abortedError(signal, 'the report');
        if (limit.expired)
          throw noAnswerError(repository, `did not answer within ${timeoutMs / 1000} s`, error);
        throw error;
      } finally {
        limit.dispose();
      }
    },
  };
}

/** The issue of this very CanaryAnalysis: among the labelled ones, else among all, for a token that may not label. */
async function find(issues: Issues, report: IssueReport): Promise<string | undefined> {
  const mark = markerPrefix(report.uid);
  const created = Date.parse(report.createdAt ?? '');
  const since = Number.isNaN(created) ? undefined : new Date(created - CLOCK_SKEW_MS).toISOString();
  return (
    (await issues.find((body) => body.includes(mark), { label: ISSUE_LABEL, since })) ??
    (since === undefined ? undefined : await issues.find((body) => body.includes(mark), { since }))
  );
}
