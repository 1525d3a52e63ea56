import type { RolloutPlan } from '../../test/lab/argo/rollout.ts';
import { SERVES } from '../../test/lab/shop/shop.ts';

/** Where the demo's objects are. */
export const NAMESPACE = 'shop';

/** A canary of the demo: what is deployed and what should come of it. */
export interface DemoCanary {
  readonly plan: RolloutPlan;
  readonly about: string;
  /**
   * When Argo Rollouts asks: at a step, which it reaches once the canary is ready, or in the background from the start, for
   * a canary that may never be.
   */
  readonly analysed: 'step' | 'background';
  readonly expected: 'Promote' | 'Abort';
}

function plan(name: string, fault?: string): RolloutPlan {
  const env = { VERSION: 'v2', ...(fault === undefined ? {} : { FAULT: fault }) };
  return {
    namespace: NAMESPACE,
    name,
    stable: { image: 'shop:v1', env: { VERSION: 'v1' }, replicas: 2 },
    canary: { image: 'shop:v2', env, replicas: 1 },
    container: SERVES,
  };
}

/** The three releases that the demo puts before the judge. */
export const CANARIES: readonly DemoCanary[] = [
  { plan: plan('shop-good'), about: 'is healthy', analysed: 'step', expected: 'Promote' },
  {
    plan: plan('shop-errors', 'orders'),
    about: 'answers 500 to one order in three and logs a stack trace',
    analysed: 'step',
    expected: 'Abort',
  },
  {
    plan: plan('shop-crash', 'config'),
    about: 'misses a setting, exits at its start and crash-loops',
    analysed: 'background',
    expected: 'Abort',
  },
];
