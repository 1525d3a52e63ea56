import type { Condition } from '../../../crds/v1alpha1/status.ts';
import type { RunStatus, StoredMeasurement } from '../driver/model.ts';
import type { KubeObject } from '../kubernetes.ts';
import { CONTAINER, SERVES } from '../shop/shop.ts';
import { PLUGIN_NAMES } from '../system.ts';

/** The name of a workload's Rollout, of its label `app`, and of its metric. */
export const NAME = 'web';
export const METRIC = 'logs';
/** A second name that a controller may know the plugin by. */
export const SECOND_PLUGIN_NAME = 'acme/log-check';

/** One build of the workload: `orders` breaks one order in three, `config` does not survive its start. */
export interface Release {
  readonly version: 'v1' | 'v2';
  readonly fault?: 'orders' | 'config';
}

/** A Rollout as the controller keeps it, as far as it is read here. */
export interface Rollout extends KubeObject {
  status?: {
    phase?: string;
    message?: string;
    abort?: boolean;
    observedGeneration?: string;
    stableRS?: string;
    currentPodHash?: string;
    currentStepIndex?: number;
    pauseConditions?: { reason: string; startTime: string }[];
    conditions?: Condition[];
  };
}

/** An AnalysisRun, as far as it is read here. */
export interface AnalysisRun extends KubeObject {
  status?: Pick<RunStatus, 'phase' | 'message' | 'metricResults'>;
}

/** What stands below the plugin's name in a metric. */
export type PluginConfig = Readonly<Record<string, unknown>>;

/** What a metric may say besides its provider. */
export interface MetricOptions {
  readonly count?: number;
  readonly interval?: string;
  readonly failureLimit?: number;
}

/** One step of a canary strategy. */
export type Step = Readonly<Record<string, unknown>>;

/** `setWeight`; of three pods without a traffic router, 34 is one. */
export function setWeight(percent: number): Step {
  return { setWeight: percent };
}

/** A pause of some seconds, or until somebody promotes. */
export function pause(seconds?: number): Step {
  return { pause: seconds === undefined ? {} : { duration: seconds } };
}

/** An inline analysis by a template. */
export function analysis(templateName: string, more: Readonly<Record<string, unknown>> = {}): Step {
  return { analysis: { templates: [{ templateName }], ...more } };
}

/** The strategy of a canary with these steps; `background` names the template of its background analysis. */
export function canary(steps: readonly Step[], background?: string): KubeObject['spec'] {
  const more = background === undefined ? {} : { analysis: { templates: [{ templateName: background }] } };
  return { canary: { steps, ...more } };
}

/** A Rollout of pods with one container, which carry its name as the label `app`. */
export function rolloutOf(plan: {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly strategy: KubeObject['spec'];
  readonly container: Readonly<Record<string, unknown>>;
}): Rollout {
  const { namespace, name, replicas, strategy, container } = plan;
  const labels = { app: name };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy,
      template: { metadata: { labels }, spec: { containers: [{ name: CONTAINER, ...container }] } },
    },
  };
}

/** A Rollout of three pods of the shop that declare a readiness probe. */
export function rollout(
  namespace: string,
  { version, fault }: Release,
  strategy: KubeObject['spec'],
): Rollout {
  const env = [
    { name: 'VERSION', value: version },
    // The controller takes empty values out of the spec, and each apply would bring them back.
    ...(fault === undefined ? [] : [{ name: 'FAULT', value: fault }]),
  ];
  const container = { image: `shop:${version}`, env, ...SERVES };
  return rolloutOf({ namespace, name: NAME, replicas: 3, strategy, container });
}

/** One metric of the plugin. */
export function metric(
  config: PluginConfig,
  options: MetricOptions = {},
  { name = METRIC, pluginName = PLUGIN_NAMES[0] }: { name?: string; pluginName?: string } = {},
): Readonly<Record<string, unknown>> {
  return { name, ...options, provider: { plugin: { [pluginName]: config } } };
}

/** An AnalysisTemplate with these metrics; of the whole cluster without a namespace. */
export function analysisTemplate(
  where: { name: string; namespace?: string },
  ...metrics: readonly Readonly<Record<string, unknown>>[]
): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: where.namespace === undefined ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate',
    metadata: where,
    spec: { metrics },
  };
}

/** A Service of the workload; a blue-green Rollout writes the revision that it leads to into its selector. */
export function service(namespace: string, name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: { selector: { app: NAME }, ports: [{ port: 80, targetPort: 'http' }] },
  };
}

/** The measurements of an AnalysisRun's metric. */
export function measurementsOf({ status }: AnalysisRun, metricName = METRIC): readonly StoredMeasurement[] {
  return status?.metricResults?.find(({ name }) => name === metricName)?.measurements ?? [];
}

/** The measurements of all metrics of an AnalysisRun that a plugin takes. */
export function allMeasurements({ spec, status }: AnalysisRun): readonly StoredMeasurement[] {
  const metrics = (spec?.['metrics'] ?? []) as readonly { name: string; provider: { plugin?: object } }[];
  const names = metrics.filter(({ provider }) => provider.plugin !== undefined).map(({ name }) => name);
  return (status?.metricResults ?? [])
    .filter(({ name }) => names.includes(name))
    .flatMap(({ measurements = [] }) => measurements);
}
