import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { ATTEMPTING_ISSUE, issueReport } from '../github/index.ts';
import { logFields } from './analysis-log.ts';
import type { Deps } from './deps.ts';
import { REPORT_RETRIED } from './report-plan.ts';
import { type ConditionUpdate, withCondition } from './status.ts';

/**
 * Opens the issue of an analysis, or finds the one that an earlier try opened, and writes its link. Resolves to whether it
 * is settled; a failure that may pass is not.
 * @throws CodedError `ABORTED` when the signal fired.
 */
export async function reportTask(
  deps: Pick<Deps, 'reporter' | 'writer' | 'clock' | 'logger' | 'redact' | 'metrics'>,
  analysis: CanaryAnalysis,
  signal: AbortSignal,
): Promise<boolean> {
  const report = issueReport(analysis);
  if (report === undefined) return true;
  deps.logger.info(ATTEMPTING_ISSUE, { ...logFields(analysis), repository: report.repositoryURL });
  try {
    const { issueURL } = await deps.reporter.openIssue(report, { signal });
    await setReported(
      deps,
      analysis,
      { type: 'Reported', status: 'True', reason: 'IssueOpened', message: `Reported as ${issueURL}.` },
      signal,
      issueURL,
    );
    return true;
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    const message = deps.redact(error instanceof Error ? error.message : String(error));
    deps.logger.warn('report failed', { ...logFields(analysis), error });
    const final = isCoded(error) && error.disposition === 'terminal';
    const reason = final ? 'Refused' : REPORT_RETRIED;
    await setReported(deps, analysis, { type: 'Reported', status: 'False', reason, message }, signal);
    return final;
  }
}

/** Writes the `Reported` condition, and the link where there is one. */
export async function setReported(
  deps: Pick<Deps, 'writer' | 'clock' | 'metrics'>,
  analysis: CanaryAnalysis,
  condition: ConditionUpdate,
  signal: AbortSignal,
  issueURL?: string,
): Promise<void> {
  await deps.writer.update(
    analysis,
    ({ status = {}, metadata }) => ({
      ...status,
      ...(issueURL === undefined ? {} : { issueURL, link: status.pullRequestURL ?? issueURL }),
      conditions: withCondition(status.conditions, condition, deps.clock.now(), metadata.generation),
    }),
    signal,
  );
  deps.metrics.report(condition.reason);
}
