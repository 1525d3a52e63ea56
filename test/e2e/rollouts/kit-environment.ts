import type { KubeObject } from '../../lab/kubernetes.ts';
import { type LabPrometheus, startPrometheus } from '../../lab/prometheus/prometheus.ts';
import { type Build, kitMonitor, renderKit, shipped } from './kit.ts';
import type { ScenarioWorkload } from './scenario-workload.ts';

/** One of the kit's two Rollouts. */
export interface KitRollout {
  readonly rollout: string;
  readonly container: string;
  /** The Service whose series the first analysis asks for. */
  readonly judged: string;
}

/** The kit in a namespace of its own, with a Prometheus of its own. */
export interface KitEnvironment {
  readonly prometheus: LabPrometheus;
  /** Everything that the kit consists of, as it is applied. */
  readonly objects: readonly KubeObject[];
}

/** The kit with one of its Rollouts, applied. */
export interface PlayedKit extends KitEnvironment {
  /** Ships a build; visitors come once the Service that is judged leads to it, so that all of its series are the new build's. */
  ship(build: Build): Promise<void>;
}

/** Prepares the kit for a scenario and ends what it began; nothing is applied yet. */
export async function withKitEnvironment(
  workload: ScenarioWorkload,
  play: (kit: KitEnvironment) => Promise<void>,
): Promise<void> {
  const { namespace } = workload;
  const { lab } = workload.environment;
  const progress = (line: string): void => void process.stdout.write(`    ${line}\n`);
  const prometheus = await startPrometheus(lab, { namespace, monitor: kitMonitor(), progress });
  try {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await lab.client.patch(`/api/v1/namespaces/${namespace}`, { metadata: { labels } });
    const { url, web } = prometheus;
    const objects = await renderKit(lab, { namespace, prometheus: url, web });
    await play({ prometheus, objects });
  } finally {
    await prometheus.stop();
  }
}

/** Applies the kit with one of its Rollouts, and plays once that is Healthy. */
export async function withKit(
  workload: ScenarioWorkload,
  { judged, ...names }: KitRollout,
  play: (kit: PlayedKit) => Promise<void>,
): Promise<void> {
  await withKitEnvironment(workload, async ({ prometheus, objects }) => {
    const { client } = workload.environment.lab;
    const isOther = ({ kind, metadata }: KubeObject): boolean =>
      kind === 'Rollout' && metadata.name !== names.rollout;
    for (const object of objects.filter((one) => !isOther(one))) await workload.environment.lab.apply(object);
    workload.rename(names);
    const rollout = await workload.untilPhase('Healthy');
    const ship = async (build: Build): Promise<void> => {
      const { status: before } = await workload.rollout();
      const containers = shipped(rollout, build);
      await client.patch(workload.rolloutPath, { spec: { template: { spec: { containers } } } });
      const { status } = await workload.untilRollout(
        'has a new revision',
        ({ status: now }) => now?.currentPodHash !== before?.currentPodHash,
      );
      await workload.untilSelectedBy(judged, status?.currentPodHash);
      workload.sendTraffic();
    };
    await play({ prometheus, objects, ship });
  });
}
