/** A pod that has been Ready since shortly after its start, as the API server shows it. */
export function podJson(of: {
  readonly name: string;
  readonly hash: string;
  readonly started: number;
  readonly end: number;
}): string {
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
        { type: 'Ready', status: 'True', lastTransitionTime: at(of.started) },
        { type: 'ContainersReady', status: 'True', lastTransitionTime: at(of.started) },
      ],
      containerStatuses: [
        {
          name: 'shop',
          image: `registry.example/shop:${of.hash}`,
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: at(of.started) } },
        },
      ],
    },
  });
}
