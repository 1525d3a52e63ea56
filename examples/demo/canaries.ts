import type { RolloutPlan } from '../../test/lab/argo/rollout.ts';

/** Where the demo's objects are. */
export const NAMESPACE = 'shop';

/** The port a container of the shop declares; the lab gives it a free one. */
export const CONTAINER_PORT = 8080;

const container = {
  ports: [{ name: 'http', containerPort: CONTAINER_PORT }],
  readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
};

/** A canary of the demo: what is deployed and what should come of it. */
export interface DemoCanary {
  readonly plan: RolloutPlan;
  readonly about: string;
  readonly expected: 'Promote' | 'Abort';
}

function canary(name: string, fault: string, about: string, expected: DemoCanary['expected']): DemoCanary {
  const plan: RolloutPlan = {
    namespace: NAMESPACE,
    name,
    stable: { image: 'shop:v1', env: { VERSION: 'v1' }, replicas: 2 },
    canary: { image: 'shop:v2', env: { VERSION: 'v2', FAULT: fault }, replicas: 1 },
    container,
  };
  return { plan, about, expected };
}

/** The three releases that the demo puts before the judge. */
export const CANARIES: readonly DemoCanary[] = [
  canary('shop-good', '', 'is healthy', 'Promote'),
  canary('shop-errors', 'orders', 'answers 500 to one order in three and logs a stack trace', 'Abort'),
  canary('shop-crash', 'config', 'misses a setting, exits at its start and crash-loops', 'Abort'),
];
