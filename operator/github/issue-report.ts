import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';

/** Everything an issue tells: taken from the CanaryAnalysis alone, so that it can be rebuilt at any time. */
export interface IssueReport {
  /** `spec.gitHub.url`. */
  readonly repositoryURL: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** RFC 3339, `metadata.creationTimestamp`. */
  readonly createdAt?: string;
  readonly rollout?: string;
  readonly analysisRun?: string;
  readonly metric?: string;
  readonly status: CanaryAnalysisStatus;
}

/** The report of an analysis that has a verdict and names a repository; undefined otherwise. */
export function issueReport(analysis: CanaryAnalysis): IssueReport | undefined {
  const { metadata, spec, status } = analysis;
  if (spec.gitHub === undefined || status?.verdict === undefined) return undefined;
  const rollout = status.rollout ?? spec.rolloutRef?.name;
  return {
    repositoryURL: spec.gitHub.url,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    ...(metadata.creationTimestamp === undefined ? {} : { createdAt: metadata.creationTimestamp }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(spec.measurement === undefined
      ? {}
      : { analysisRun: spec.measurement.analysisRun, metric: spec.measurement.metric }),
    status,
  };
}
