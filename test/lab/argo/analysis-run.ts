import { LABEL_POD_TEMPLATE_HASH } from '../../../crds/v1alpha1/labels.ts';
import type { KubeObject } from '../kubernetes.ts';
import { controllerReference, type DeployedRollout } from './rollout.ts';

/** One metric that goes to the plugin. */
export interface PluginMetric {
  readonly name: string;
  /** The name the plugin is registered under. */
  readonly plugin: string;
  /** What stands below that name in the AnalysisTemplate. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly count?: number;
  readonly interval?: string;
  readonly failureLimit?: number;
}

/** The AnalysisRun that Argo Rollouts creates for an inline analysis step: its name, labels, annotations and owner. */
export function stepAnalysisRun(
  { rollout, canaryHash }: DeployedRollout,
  metrics: readonly PluginMetric[],
  options: { revision?: number; step?: number; dryRun?: readonly string[] } = {},
): KubeObject {
  const { revision = 2, step = 1, dryRun = [] } = options;
  const { name, namespace = 'default' } = rollout.metadata;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      namespace,
      name: `${name}-${canaryHash}-${revision}-${step}`,
      labels: {
        app: name,
        'rollout-type': 'Step',
        'step-index': String(step),
        [LABEL_POD_TEMPLATE_HASH]: canaryHash,
      },
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
      ownerReferences: [controllerReference(rollout)],
    },
    spec: {
      metrics: metrics.map(({ plugin, config, ...metric }) => ({
        ...metric,
        provider: { plugin: { [plugin]: config } },
      })),
      ...(dryRun.length === 0 ? {} : { dryRun: dryRun.map((metricName) => ({ metricName })) }),
    },
  };
}
