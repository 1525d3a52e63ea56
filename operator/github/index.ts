export { GitHubError } from './errors.ts';
export { type IssueReport, issueReport } from './issue-report.ts';
export {
  ATTEMPTING_ISSUE,
  createReporter,
  type IssueReference,
  type Reporter,
  type ReporterConfig,
  type ReportLogger,
  SKIPPING_ISSUE,
} from './reporter.ts';
