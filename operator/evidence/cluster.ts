import type { Clock } from '../../crds/client/clock.ts';
import { ResourceClient } from '../../crds/client/resource-client.ts';
import type { Transport } from '../../crds/client/transport.ts';
import type { PodObject } from '../pods/pod-object.ts';
import {
  ANALYSIS_RUNS,
  type AnalysisRunObject,
  EVENTS,
  type EventObject,
  EXPERIMENTS,
  type ExperimentObject,
  PODS,
  REPLICA_SETS,
  type ReplicaSetObject,
  ROLLOUTS,
  type RolloutObject,
} from './objects.ts';

/** The part of a cluster that evidence is read from. */
export interface Cluster {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly pods: ResourceClient<PodObject>;
  readonly events: ResourceClient<EventObject>;
  readonly replicaSets: ResourceClient<ReplicaSetObject>;
  readonly rollouts: ResourceClient<RolloutObject>;
  readonly experiments: ResourceClient<ExperimentObject>;
  readonly analysisRuns: ResourceClient<AnalysisRunObject>;
}

/** The clients for everything that evidence is read from. */
export function createCluster(transport: Transport, clock: Clock): Cluster {
  const options = { clock };
  return {
    transport,
    clock,
    pods: new ResourceClient(transport, PODS, options),
    events: new ResourceClient(transport, EVENTS, options),
    replicaSets: new ResourceClient(transport, REPLICA_SETS, options),
    rollouts: new ResourceClient(transport, ROLLOUTS, options),
    experiments: new ResourceClient(transport, EXPERIMENTS, options),
    analysisRuns: new ResourceClient(transport, ANALYSIS_RUNS, options),
  };
}
