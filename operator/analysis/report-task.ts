import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { GitHubError, type Report, reportOf } from '../github/index.ts';
import { logFields, objectReference } from './analysis-log.ts';
import { loadEvidence } from './evidence-store.ts';
import { closeIssues, NOTHING_OPEN } from './report-closing.ts';
import { type DueReport, REPORT_RETRIED } from './report-plan.ts';
import { postReport } from './report-posting.ts';
import {
  isTerminal,
  messageOf,
  type ReportDeps,
  type Reported,
  reportedCondition,
  setReported,
} from './reported.ts';

/** How a try ends: nothing is left to do, or it is to be tried again, at the earliest after so many milliseconds. */
export type ReportEnd = 'settled' | { readonly retryAfterMs: number };

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
      ? await closeIssues(deps, analysis, report, due.issueURLs, signal)
      : await postReport(deps, analysis, report, due, signal);
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
  const final = isTerminal(error);
  const condition = reportedCondition('False', final ? 'Refused' : REPORT_RETRIED, [messageOf(deps, error)]);
  await setReported(deps, analysis, condition, signal);
  if (!final) return { retryAfterMs: pauseOf(error) };
  deps.recorder.record(objectReference(analysis), 'Warning', 'ReportRefused', condition.message);
  return 'settled';
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
