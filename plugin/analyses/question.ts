import { analysisName } from '../../crds/names.ts';
import { API_VERSION, type CanaryAnalysis, KIND } from '../../crds/v1alpha1/canary-analysis.ts';
import {
  ANNOTATION_CONFIG_DIGEST,
  ANNOTATION_CONFIG_WARNINGS,
  LABEL_AWAITED,
  LABEL_PLUGIN,
  pluginLabel,
} from '../../crds/v1alpha1/labels.ts';
import type { ResolvedConfig } from '../config/read-config.ts';

/** What one measurement asks. */
export interface Question {
  /** The name that Argo Rollouts knows the plugin by. */
  readonly pluginName: string;
  readonly namespace: string;
  readonly analysisRun: string;
  readonly analysisRunUID: string;
  readonly metric: string;
  /** Counted from 1, errors included. */
  readonly ordinal: number;
  /** The revision under analysis; absent for a run of an Experiment or of a person. */
  readonly podTemplateHash?: string;
  /** Name of the Rollout that owns the AnalysisRun, if one does. */
  readonly rollout?: string;
  readonly config: ResolvedConfig;
}

/**
 * The CanaryAnalysis that asks it. It has no owner: it outlives the AnalysisRun, and the operator makes the Rollout
 * its owner.
 */
export function analysisOf(question: Question): CanaryAnalysis {
  const { analysisRun, analysisRunUID, metric, ordinal, podTemplateHash, rollout, config } = question;
  const measurement = { analysisRun, analysisRunUID, metric, ordinal };
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: {
      namespace: question.namespace,
      name: analysisName(measurement),
      labels: { [LABEL_AWAITED]: 'true', [LABEL_PLUGIN]: pluginLabel(question.pluginName) },
      annotations: {
        [ANNOTATION_CONFIG_DIGEST]: config.digest,
        ...(config.warnings.length === 0 ? {} : { [ANNOTATION_CONFIG_WARNINGS]: config.warnings.join('\n') }),
      },
    },
    spec: {
      ...config.spec,
      ...(rollout === undefined ? {} : { rolloutRef: { name: rollout } }),
      measurement: { ...measurement, ...(podTemplateHash === undefined ? {} : { podTemplateHash }) },
    },
  };
}
