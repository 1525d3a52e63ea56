import type { JsonObject } from '../kubernetes.ts';
import { POD_IP } from './container-environment.ts';
import type { ContainerStatus } from './pod.ts';

/** A pod as its kubelet knows it. */
export interface PodFacts {
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly init: readonly (ContainerStatus & { readonly sidecar: boolean })[];
  readonly main: readonly ContainerStatus[];
  readonly startTime: string;
}

/** `status` of a pod, from those of its containers (kubelet, `getPhase` and `status/generate.go`). `previous` keeps transition times. */
export function podStatus(facts: PodFacts, previous: JsonObject | undefined, now: string): JsonObject {
  const { main, init } = facts;
  const phase = phaseOf(facts);
  const isInitialized = init.every((status) =>
    status.sidecar ? status.started || status.restartCount > 0 : exitCode(status) === 0,
  );
  const unready = [...init.filter((status) => status.sidecar), ...main].filter((status) => !status.ready);
  const isReady = unready.length === 0 && phase === 'Running';
  const names = `[${unready.map((status) => status.name).join(' ')}]`;
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const reason = isOver
    ? { reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted' }
    : unreadyReason(names);
  const conditions = [
    condition('PodReadyToStartContainers', true),
    condition(
      'Initialized',
      isInitialized || isOver,
      isInitialized ? {} : { reason: 'ContainersNotInitialized' },
    ),
    condition('Ready', isReady, isReady ? {} : reason),
    condition('ContainersReady', isReady, isReady ? {} : reason),
    condition('PodScheduled', true),
  ];
  return {
    phase,
    hostIP: POD_IP,
    hostIPs: [{ ip: POD_IP }],
    podIP: POD_IP,
    podIPs: [{ ip: POD_IP }],
    startTime: facts.startTime,
    conditions: conditions.map((one) => ({ ...one, lastTransitionTime: transitionTime(one, previous, now) })),
    ...(init.length > 0 ? { initContainerStatuses: init.map(({ sidecar: _, ...status }) => status) } : {}),
    containerStatuses: main,
  };
}

function phaseOf({ restartPolicy, init, main }: PodFacts): string {
  const initFailed = init.some((status) => !status.sidecar && (exitCode(status) ?? 0) !== 0);
  if (restartPolicy === 'Never' && initFailed) return 'Failed';
  if (init.some((status) => !status.sidecar && exitCode(status) !== 0)) return 'Pending';
  const codes = main.map(exitCode);
  const isPending = main.some(
    (status) => 'waiting' in status.state && status.lastState.terminated === undefined,
  );
  if (isPending && !main.some((status) => 'running' in status.state)) return 'Pending';
  if (codes.some((code) => code === undefined) || restartPolicy === 'Always') return 'Running';
  if (codes.every((code) => code === 0)) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function exitCode(status: ContainerStatus): number | undefined {
  return 'terminated' in status.state ? status.state.terminated.exitCode : undefined;
}

function condition(type: string, holds: boolean, why: { reason?: string; message?: string } = {}) {
  return { type, status: holds ? 'True' : 'False', lastProbeTime: null, ...(holds ? {} : why) };
}

function unreadyReason(names: string): { reason: string; message: string } {
  return { reason: 'ContainersNotReady', message: `containers with unready status: ${names}` };
}

function transitionTime(
  one: { type: string; status: string },
  previous: JsonObject | undefined,
  now: string,
): unknown {
  const conditions = previous?.['conditions'];
  const before = Array.isArray(conditions)
    ? conditions.find((candidate) => candidate?.type === one.type)
    : undefined;
  return before?.status === one.status ? (before.lastTransitionTime ?? now) : now;
}
