import type { Clock } from '../../crds/client/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { IssueReport } from './issue-report.ts';

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
  /** `owner/name` or `owner/*`, compared without case; every repository the token reaches when absent. */
  readonly allowedRepositories?: readonly string[];
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

/** A reporter for one configuration. */
export function createReporter(_config: ReporterConfig): Reporter {
  throw new Error('not yet');
}
