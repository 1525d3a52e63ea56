import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { API_VERSION, KIND } from '../../crds/v1alpha1/canary-analysis.ts';
import type { ObjectReference } from '../kernel/events.ts';

/** An analysis as log lines name it. */
export function logFields(analysis: CanaryAnalysis): Readonly<Record<string, unknown>> {
  const { measurement } = analysis.spec;
  return {
    namespace: analysis.metadata.namespace,
    analysis: analysis.metadata.name,
    ...(measurement === undefined
      ? {}
      : { analysisRun: measurement.analysisRun, metric: measurement.metric, ordinal: measurement.ordinal }),
  };
}

/** An analysis as Events name it. */
export function objectReference(analysis: CanaryAnalysis): ObjectReference {
  const { namespace, name, uid = '' } = analysis.metadata;
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    name,
    uid,
    ...(namespace === undefined ? {} : { namespace }),
  };
}
