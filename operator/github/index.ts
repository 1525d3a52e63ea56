export { GitHubError } from './errors.ts';
export { MAX_FIX } from './fix.ts';
export { issueText } from './issue-text.ts';
export { type Report, reportOf } from './report.ts';
export {
  createReporter,
  type Reporter,
  type ReporterConfig,
  type ReportOptions,
  SKIPPING_ISSUE,
} from './reporter.ts';
export { pullRequestIn } from './repository.ts';
