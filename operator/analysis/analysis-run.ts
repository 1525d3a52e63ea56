import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { AnalysisRunObject } from '../evidence/index.ts';

/**
 * What is known of the AnalysisRun of a measurement: `none` where no measurement asked, `unknown` while it could not be
 * read, `gone` once it was deleted (another UID under the name is another run).
 */
export type RunView =
  | { readonly state: 'none' | 'unknown' | 'gone' }
  | { readonly state: 'present'; readonly run: AnalysisRunObject };

/** The phases in which an AnalysisRun has ended. */
const ENDED = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);
/** The phases of a measurement that is still in flight. */
const IN_FLIGHT = new Set(['', 'Pending', 'Running']);

/** The view of the run that an analysis belongs to, from what was read under its name. */
export function viewRun(analysis: CanaryAnalysis, found: AnalysisRunObject | undefined): RunView {
  const { measurement } = analysis.spec;
  if (measurement === undefined) return { state: 'none' };
  if (found === undefined || found.metadata.uid !== measurement.analysisRunUID) return { state: 'gone' };
  return { state: 'present', run: found };
}

/** The phase in which the run ended; undefined while it has not. */
export function endedPhase(run: AnalysisRunObject): string | undefined {
  const { phase } = run.status ?? {};
  return phase !== undefined && ENDED.has(phase) ? phase : undefined;
}

/** True when the run's spec marks the metric as a dry run. */
export function isDryRun(analysis: CanaryAnalysis, run: AnalysisRunObject): boolean {
  return resultOf(analysis, run)?.dryRun === true;
}

/**
 * Whether nobody waits for the verdict any more: the run has ended, or its measurement, found by the metadata that the
 * plugin gave it, is finished. A measurement that is not in the status is one that is not stored yet.
 */
export function measurementFinished(analysis: CanaryAnalysis, run: AnalysisRunObject): boolean {
  if (endedPhase(run) !== undefined) return true;
  const { namespace, name } = analysis.metadata;
  const key = `${namespace}/${name}`;
  const found = resultOf(analysis, run)?.measurements?.find(
    (measurement) => measurement.metadata?.['canaryAnalysis'] === key,
  );
  return found !== undefined && !IN_FLIGHT.has(found.phase ?? '');
}

function resultOf(analysis: CanaryAnalysis, run: AnalysisRunObject) {
  return run.status?.metricResults?.find(({ name }) => name === analysis.spec.measurement?.metric);
}
