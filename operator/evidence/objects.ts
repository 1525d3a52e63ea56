import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { ResourceDefinition } from '../../crds/client/resource.ts';
import type { EventLike } from '../pods/event-fact.ts';
import type { PodTemplateSpec } from '../pods/pod-object.ts';

/** An Argo Rollouts Rollout, as far as it is read here. */
export interface RolloutObject extends KubernetesObject {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  readonly status?: {
    /** Hash of the revision that traffic returns to. */
    readonly stableRS?: string;
    /** Hash of the revision that is being rolled out. */
    readonly currentPodHash?: string;
    /** The selector in string form; the only one when the Rollout has a workloadRef. */
    readonly selector?: string;
  };
}

/** A ReplicaSet, as far as it is read here. */
export interface ReplicaSetObject extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly template?: PodTemplateSpec };
}

/** An Argo Rollouts Experiment, as far as it is read here. */
export interface ExperimentObject extends KubernetesObject {
  readonly spec?: {
    readonly templates?: readonly {
      readonly name: string;
      readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    }[];
  };
}

/** One measurement in an AnalysisRun's status. */
export interface AnalysisRunMeasurement {
  readonly phase?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An Argo Rollouts AnalysisRun, as far as it is read here. */
export interface AnalysisRunObject extends KubernetesObject {
  readonly spec?: { readonly terminate?: boolean };
  readonly status?: {
    readonly phase?: string;
    readonly metricResults?: readonly {
      readonly name: string;
      readonly phase?: string;
      readonly dryRun?: boolean;
      readonly measurements?: readonly AnalysisRunMeasurement[];
    }[];
  };
}

/** A core/v1 Event. */
export type EventObject = KubernetesObject & EventLike;

function define(group: string, version: string, plural: string, kind: string): ResourceDefinition {
  return { group, version, plural, kind, namespaced: true };
}

/** `pods` of the core group. */
export const PODS = define('', 'v1', 'pods', 'Pod');
/** `events` of the core group. */
export const EVENTS = define('', 'v1', 'events', 'Event');
/** `replicasets.apps`. */
export const REPLICA_SETS = define('apps', 'v1', 'replicasets', 'ReplicaSet');
/** `rollouts.argoproj.io`. */
export const ROLLOUTS = define('argoproj.io', 'v1alpha1', 'rollouts', 'Rollout');
/** `experiments.argoproj.io`. */
export const EXPERIMENTS = define('argoproj.io', 'v1alpha1', 'experiments', 'Experiment');
/** `analysisruns.argoproj.io`. */
export const ANALYSIS_RUNS = define('argoproj.io', 'v1alpha1', 'analysisruns', 'AnalysisRun');

/** The owner that controls an object; with `kind`, only when it is of that kind. */
export function controllerOf(
  object: KubernetesObject,
  kind?: string,
): { readonly kind: string; readonly name: string; readonly uid: string } | undefined {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return owner !== undefined && (kind === undefined || owner.kind === kind) ? owner : undefined;
}
