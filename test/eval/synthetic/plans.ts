import type { Verdict } from '../../../crds/v1alpha1/status.ts';
import type { Files } from '../memory-folder.ts';
import { type PairPlan, writePair } from './pair.ts';
import type { Random } from './random.ts';
import { type Behaviour, someService, times, total } from './service.ts';
import { someTraffic } from './simulate.ts';

/** When all synthetic traffic is. */
export const EPOCH = Date.parse('2026-01-01T00:00:00Z');

/** A kind of pair whose truth is known exactly. */
export interface SyntheticClass {
  readonly name: string;
  /** The verdicts that are right; empty where it is only measured. */
  readonly expected: readonly Verdict[];
  readonly make: (random: Random) => { readonly files: Files; readonly twin?: Files };
}

/** Enough requests of both sides that a clearly worse canary would show, and the share of the traffic that is canary's. */
export function sizes(random: Random, canaryRequests: number): Pick<PairSizes, 'canary' | 'stable'> {
  const share = random.logBetween(0.05, 0.5);
  return { canary: canaryRequests, stable: Math.min(12_000, (canaryRequests * (1 - share)) / share) };
}

/** Expected requests of each side. */
export interface PairSizes {
  readonly stable: number;
  readonly canary: number;
}

/** A pair of the same behaviour on both sides. */
export function equalPair(random: Random, behaviour: Behaviour, requests: PairSizes): PairPlan {
  const seconds = random.int(30, 90) * 10;
  const side = { behaviour, age: random.logBetween(90, 86_400) };
  return {
    traffic: someTraffic(random, EPOCH, seconds, random.chance(0.5)),
    stable: { ...side, pods: random.int(1, 8), requests: requests.stable },
    canary: {
      ...side,
      pods: random.int(1, 4),
      requests: requests.canary,
      age: random.logBetween(90, 1_800),
    },
    timestamps: random.chance(0.85),
    podJson: random.chance(0.6),
  };
}

/** A service, a pair with plenty of traffic, and what is different about the canary. */
export function pair(
  change: (random: Random, plan: PairPlan) => PairPlan,
  service: (random: Random) => Behaviour = someService,
  canaryRequests: (random: Random) => number = (random) => random.logBetween(250, 900),
): SyntheticClass['make'] {
  return (random) => {
    const behaviour = service(random);
    const plan = equalPair(random, behaviour, sizes(random, canaryRequests(random)));
    return { files: writePair(random.fork('pair'), change(random, plan)) };
  };
}

/** The canary behaves otherwise. */
export function canaryDoes(plan: PairPlan, behaviour: Partial<Behaviour>): PairPlan {
  return { ...plan, canary: { ...plan.canary, behaviour: { ...plan.canary.behaviour, ...behaviour } } };
}

/** Canary's errors at `factor` times stable's rate, about as many of them as `expected` gives. */
export function erringPair(
  random: Random,
  factor: number,
  expected: number,
  canaryShare = random.logBetween(0.05, 0.5),
): PairPlan {
  const service = someService(random);
  const most = 4_000;
  const least = 200;
  const base = Math.min(
    Math.max(random.logBetween(0.005, 0.04), expected / (factor * most)),
    expected / (factor * least),
  );
  const behaviour = { ...service, errors: times(service.errors, base / total(service.errors)) };
  const canary = expected / (factor * base);
  const plan = equalPair(random, behaviour, {
    canary,
    stable: Math.min(16_000, (canary * (1 - canaryShare)) / canaryShare),
  });
  return canaryDoes(plan, { errors: times(behaviour.errors, factor) });
}
