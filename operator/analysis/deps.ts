import type { Clock } from '../../crds/client/clock.ts';
import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Reviewer as ReviewerSpec } from '../../crds/v1alpha1/spec.ts';
import type { OperatorConfig } from '../config/types.ts';
import type { Cluster } from '../evidence/index.ts';
import type { Reporter } from '../github/index.ts';
import type { EventRecorder } from '../kernel/events.ts';
import type { Gate } from '../kernel/gate.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Reviewer } from '../review/index.ts';
import type { AnalysisMetrics } from './metrics.ts';
import type { StatusWriter } from './status-writer.ts';

/** A ConfigMap, as far as evidence is stored in it. */
export interface ConfigMapObject extends KubernetesObject {
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** How long the steps of an analysis take; tests shorten them. */
export interface Timings {
  /** Between two looks at the pods where nothing tells of a change; 2 s when absent. */
  readonly pollMs: number;
  /** Pods are listed this often though a watch tells of them: a proxy may hold a watch back. 10 s when absent. */
  readonly relistMs: number;
  /** A start-up goes on this long after the pod turned Ready; 5 s when absent. */
  readonly startUpMs: number;
  /** A canary pod has to have been Ready, and past its start-up, this long before enough power ends the observation; 10 s when absent. */
  readonly minWatchMs: number;
  /** The first collection during the observation; each next one comes after twice as long. 5 s when absent. */
  readonly firstTrialMs: number;
  /** A Rollout's status is believed to have moved on this long after creation at the earliest; 3 s when absent. */
  readonly settleMs: number;
  /** A failed report is tried again after this long, then twice as long each time; 10 s when absent. */
  readonly reportRetryMs: number;
}

/** See {@link Timings}. */
export const DEFAULT_TIMINGS: Timings = {
  pollMs: 2000,
  relistMs: 10_000,
  startUpMs: 5000,
  minWatchMs: 10_000,
  firstTrialMs: 5000,
  settleMs: 3000,
  reportRetryMs: 10_000,
};

/** Everything that the steps of an analysis work with. */
export interface Deps {
  readonly config: OperatorConfig;
  readonly cluster: Cluster;
  readonly analyses: ResourceClient<CanaryAnalysis>;
  readonly configMaps: ResourceClient<ConfigMapObject>;
  readonly writer: StatusWriter;
  /** Every analysis of a namespace as last seen. */
  readonly siblings: (namespace: string) => readonly CanaryAnalysis[];
  readonly createReviewer: (spec: ReviewerSpec) => Reviewer;
  readonly reporter: Reporter;
  /** For texts that do not come from a log. */
  readonly redact: (text: string) => string;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly metrics: AnalysisMetrics;
  /** Limits how many analyses read logs at the same time. */
  readonly gate: Gate;
  readonly timings: Timings;
  readonly clock: Clock;
  readonly logger: Logger;
}
