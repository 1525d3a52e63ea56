/** A pod that has been Ready since shortly after its start, or that never was, as the API server shows it. */
export function podJson(of: {
  readonly name: string;
  readonly hash: string;
  readonly started: number;
  readonly end: number;
  /** True when absent. */
  readonly ready?: boolean;
}): string {
  const ready = of.ready ?? true;
  const status = ready ? 'True' : 'False';
  const turned = ready ? of.started : of.started - 1_000;
  const at = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: of.name,
      namespace: 'default',
      uid: `uid-of-${of.name}`,
      creationTimestamp: at(of.started - 2_000),
      labels: { app: 'shop', 'rollouts-pod-template-hash': of.hash },
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'shop', image: `registry.example/shop:${of.hash}` }] },
    status: {
      phase: 'Running',
      startTime: at(of.started - 1_000),
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: at(of.started - 2_000) },
        { type: 'Ready', status, lastTransitionTime: at(turned) },
        { type: 'ContainersReady', status, lastTransitionTime: at(turned) },
      ],
      containerStatuses: [
        {
          name: 'shop',
          image: `registry.example/shop:${of.hash}`,
          ready,
          restartCount: 0,
          state: { running: { startedAt: at(of.started) } },
        },
      ],
    },
  });
}
