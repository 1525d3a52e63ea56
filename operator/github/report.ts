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
  /** Of the Rollout that owns the analysis. */
  readonly rolloutUID?: string;
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
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'Rollout');
  return {
    repositoryURL: spec.gitHub.url,
    ...(spec.gitHub.baseBranch === undefined ? {} : { baseBranch: spec.gitHub.baseBranch }),
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    ...(metadata.creationTimestamp === undefined ? {} : { createdAt: metadata.creationTimestamp }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(owner === undefined ? {} : { rolloutUID: owner.uid }),
    ...(spec.measurement === undefined
      ? {}
      : { analysisRun: spec.measurement.analysisRun, metric: spec.measurement.metric }),
    status,
    ...(change === undefined ? {} : { change }),
  };
}

/** A report as it may leave the cluster: each text of it redacted, but not what finds it again (repository, UIDs, time). */
export function redactedReport(report: Report, redact: (text: string) => string): Report {
  const { repositoryURL, uid, rolloutUID, createdAt, ...told } = report;
  return {
    ...redactedTexts(told, redact),
    repositoryURL,
    uid,
    ...(rolloutUID === undefined ? {} : { rolloutUID }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** A value with each text in it redacted; the names of fields stay. */
export function redactedTexts<T>(value: T, redact: (text: string) => string): T {
  const copy = (one: unknown): unknown => {
    if (typeof one === 'string') return redact(one);
    if (Array.isArray(one)) return one.map(copy);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, field]) => [name, copy(field)]));
  };
  return copy(value) as T;
}
