import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { ResourceDefinition } from '../../crds/client/resource.ts';
import { GROUP, KIND, PLURAL, VERSION } from '../../crds/v1alpha1/canary-analysis.ts';

/** The resource of this project, as the API server serves it. */
export const CANARY_ANALYSES: ResourceDefinition = {
  group: GROUP,
  version: VERSION,
  plural: PLURAL,
  kind: KIND,
  namespaced: true,
};

/** The Argo Rollouts resource that is read and annotated to wake a measurement. */
export const ANALYSIS_RUNS: ResourceDefinition = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  plural: 'analysisruns',
  kind: 'AnalysisRun',
  namespaced: true,
};

/** One measurement in an AnalysisRun's status. */
export interface StoredMeasurement {
  readonly phase?: string;
  readonly finishedAt?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is read of an AnalysisRun. */
export interface AnalysisRunObject extends KubernetesObject {
  readonly status?: {
    readonly phase?: string;
    readonly metricResults?: readonly {
      readonly name: string;
      readonly measurements?: readonly StoredMeasurement[];
    }[];
  };
}
