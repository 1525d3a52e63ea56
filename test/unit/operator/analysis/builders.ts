import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisSpec } from '../../../../crds/v1alpha1/spec.ts';
import type { CanaryAnalysisStatus } from '../../../../crds/v1alpha1/status.ts';
import type { AnalysisRunObject } from '../../../../operator/evidence/index.ts';

/** The instant that builders create at. */
export const T0 = Date.UTC(2026, 0, 1);

/** An instant so many seconds after {@link T0}, as an object shows it. */
export function at(seconds: number): string {
  return new Date(T0 + seconds * 1000).toISOString();
}

/** A measured analysis of Rollout `web`; what is given is set. */
export function analysis(
  given: {
    name?: string;
    ordinal?: number;
    metric?: string;
    created?: number;
    labels?: Record<string, string>;
    spec?: CanaryAnalysisSpec;
    status?: CanaryAnalysisStatus;
  } = {},
): CanaryAnalysis {
  const { name = 'web-1', ordinal = 1, metric = 'ai', created = 0, labels = {}, spec, status } = given;
  return {
    apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
    kind: 'CanaryAnalysis',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: at(created),
      labels,
    },
    spec: { measurement: { analysisRun: 'run', analysisRunUID: 'run-uid', metric, ordinal }, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** The AnalysisRun of {@link analysis}. */
export function run(status: AnalysisRunObject['status'] = { phase: 'Running' }): AnalysisRunObject {
  return { metadata: { name: 'run', namespace: 'shop', uid: 'run-uid' }, status };
}
