import { parseObjectKey } from '../../crds/client/resource.ts';
import { CodedError } from '../../crds/errors.ts';
import { LABEL_POD_TEMPLATE_HASH } from '../../crds/v1alpha1/labels.ts';
import type { AnalysisRef } from '../analyses/analyses.ts';
import type { Question } from '../analyses/question.ts';
import type { FieldsRead } from '../goplugin/gob/type-registry.ts';
import type { AnalysisRun, Measurement, Metric } from '../goplugin/metric-provider.ts';
import { METADATA_ANALYSIS } from './outcome.ts';

/**
 * What is read here of a call's arguments. An AnalysisRun keeps all its measurements, hundreds of kilobytes after a long
 * analysis, and nothing else of it is needed.
 */
export const FIELDS_READ = {
  AnalysisRun: ['ObjectMeta', 'Status'],
  ObjectMeta: ['Name', 'Namespace', 'UID', 'Labels', 'OwnerReferences'],
  AnalysisRunStatus: ['MetricResults'],
  MetricResult: ['Name', 'Count', 'Error'],
  Metric: ['Name', 'Provider'],
  MetricProvider: ['Plugin'],
} satisfies FieldsRead;

/** What a call is about, as far as it does not depend on the configuration. */
export type Subject = Omit<Question, 'config'>;

/**
 * Reads who asks from a call. The ordinal is that of the measurement which is about to begin, counted as Argo Rollouts'
 * job provider does (metricproviders/job): finished measurements, those in error included, and one.
 * @throws CodedError `CONFIG_INVALID` when the metric is not one for a single plugin, `PROTOCOL_VIOLATION` when the
 *   AnalysisRun has no name or UID.
 */
export function subjectOf(run: AnalysisRun, metric: Metric): Subject {
  const { Name = '', Namespace = '', UID = '', Labels, OwnerReferences = [] } = run.ObjectMeta ?? {};
  if (Name === '' || Namespace === '' || UID === '') {
    throw new CodedError('PROTOCOL_VIOLATION', 'the AnalysisRun came without name, namespace or UID');
  }
  const metricName = metric.Name ?? '';
  const result = run.Status?.MetricResults?.find((each) => each.Name === metricName);
  const podTemplateHash = Labels?.get(LABEL_POD_TEMPLATE_HASH);
  const owner = OwnerReferences.find(({ Controller }) => Controller === true);
  const rollout = owner?.Kind === 'Rollout' && isArgo(owner.APIVersion) ? owner.Name : undefined;
  return {
    pluginName: pluginOf(metric).name,
    namespace: Namespace,
    analysisRun: Name,
    analysisRunUID: UID,
    metric: metricName,
    ordinal: (result?.Count ?? 0) + (result?.Error ?? 0) + 1,
    ...(podTemplateHash === undefined ? {} : { podTemplateHash }),
    ...(rollout === undefined ? {} : { rollout }),
  };
}

function isArgo(apiVersion: string | undefined): boolean {
  return apiVersion?.startsWith('argoproj.io/') ?? false;
}

/**
 * The name the plugin is called under, which is also the key of its configuration, and that configuration as JSON.
 * @throws CodedError `CONFIG_INVALID` unless there is exactly one: Argo Rollouts would call any of several.
 */
export function pluginOf(metric: Metric): { name: string; config: Uint8Array } {
  const [first, ...more] = metric.Provider?.Plugin ?? [];
  if (first === undefined || more.length > 0) {
    throw new CodedError('CONFIG_INVALID', 'provider.plugin must name exactly one plugin');
  }
  const [name, config] = first;
  return { name, config };
}

/** The analysis that a measurement waits for; undefined when its metadata does not say, or names one elsewhere. */
export function refOf(subject: Subject, measurement: Measurement): AnalysisRef | undefined {
  const { namespace, name } = parseObjectKey(measurement.metadata?.get(METADATA_ANALYSIS) ?? '');
  if (name === '' || namespace !== subject.namespace) return undefined;
  return { pluginName: subject.pluginName, namespace, name };
}
