import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import type { ChangeItem } from '../model.ts';

/** Everything that an issue or a pull request tells: taken from the CanaryAnalysis and its stored evidence, so that it can be rebuilt at any time. */
export interface Report {
  /** `spec.gitHub.url`. */
  readonly repositoryURL: string;
  /** `spec.gitHub.baseBranch`. */
  readonly baseBranch?: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** RFC 3339, `metadata.creationTimestamp`. */
  readonly createdAt?: string;
  readonly rollout?: string;
  readonly analysisRun?: string;
  readonly metric?: string;
  readonly status: CanaryAnalysisStatus;
  /** How the pod templates differ; absent when the stored evidence has gone. */
  readonly change?: readonly ChangeItem[];
}

/** The report of an analysis that has a verdict and names a repository; undefined otherwise. */
export function reportOf(analysis: CanaryAnalysis, change?: readonly ChangeItem[]): Report | undefined {
  const { metadata, spec, status } = analysis;
  if (spec.gitHub === undefined || status?.verdict === undefined) return undefined;
  const rollout = status.rollout ?? spec.rolloutRef?.name;
  return {
    repositoryURL: spec.gitHub.url,
    ...(spec.gitHub.baseBranch === undefined ? {} : { baseBranch: spec.gitHub.baseBranch }),
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    ...(metadata.creationTimestamp === undefined ? {} : { createdAt: metadata.creationTimestamp }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(spec.measurement === undefined
      ? {}
      : { analysisRun: spec.measurement.analysisRun, metric: spec.measurement.metric }),
    status,
    ...(change === undefined ? {} : { change }),
  };
}
