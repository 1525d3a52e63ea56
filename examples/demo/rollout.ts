import type { Revision } from '../../test/lab/argo/rollout.ts';
import type { KubeObject } from '../../test/lab/kubernetes.ts';
import { CONTAINER } from '../../test/lab/shop/shop.ts';
import type { DemoCanary } from './canaries.ts';

/** A Rollout as Argo Rollouts' controller keeps it, as far as it is read here. */
export interface Rollout extends KubeObject {
  status?: {
    phase?: string;
    message?: string;
    abort?: boolean;
    observedGeneration?: string;
    stableRS?: string;
    currentPodHash?: string;
  };
}

/** The Rollout of a canary at one of its revisions, as a team would write it. */
export function rolloutOf({ plan, analysed }: DemoCanary, { image, env = {} }: Revision): Rollout {
  const { namespace, name, stable, canary, container } = plan;
  const replicas = stable.replicas + canary.replicas;
  const analysis = { templates: [{ templateName: 'canary-analysis' }] };
  const setWeight = Math.ceil((100 * canary.replicas) / replicas);
  const labels = { app: name };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: {
        canary:
          analysed === 'step'
            ? { steps: [{ setWeight }, { analysis }] }
            : { analysis, steps: [{ setWeight }, { pause: {} }] },
      },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: CONTAINER,
              image,
              env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
              ...container,
            },
          ],
        },
      },
    },
  };
}

/** Whether the controller has brought the Rollout to rest: all of it is of one revision and ready, or it was aborted. */
export function isSettled({ metadata, status = {} }: Rollout): boolean {
  const { phase, abort, observedGeneration } = status;
  if (observedGeneration !== String(metadata.generation)) return false;
  return phase === 'Healthy' || (phase === 'Degraded' && abort === true);
}
