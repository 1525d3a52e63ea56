import type { PairPlan } from './pair.ts';
import { pair, type SyntheticClass } from './plans.ts';
import type { Random } from './random.ts';
import { someService } from './service.ts';
import { PROBE } from './unheard.ts';
import { FATALS, type Kind, START_UP } from './vocabulary.ts';

/** Requests that a pod serves before it stops: fewer show no pace. */
const LEAST_SERVED = 60;

/** All pods of the canary, or some, serve a while and then no more, though they stay Ready; some go on answering probes. */
function stops(random: Random, plan: PairPlan): PairPlan {
  const { canary, stable } = plan;
  const pods = random.int(1, canary.pods);
  const after = Math.max((LEAST_SERVED * canary.pods) / canary.requests, random.between(0.05, 0.5));
  const probes = random.chance(0.5) ? Array.from({ length: 100 }, () => PROBE) : [];
  return {
    ...plan,
    timestamps: true,
    podJson: true,
    stable: { ...stable, insert: probes },
    canary: { ...canary, insert: probes, stopped: { pods, after } },
  };
}

/** One pod of three or more serves, and the others do not turn Ready. */
function unready(random: Random, plan: PairPlan): PairPlan {
  const pods = random.int(3, 10);
  const behaviour = { ...plan.canary.behaviour, startUp: random.sample(START_UP, 2) };
  return {
    ...plan,
    timestamps: true,
    podJson: true,
    canary: { ...plan.canary, behaviour, pods, unready: Math.ceil((pods + 1) / 2) },
  };
}

/** Fatal records that differ in a word or two: one that stable ends with, and another. */
const LIKE_FATALS: readonly (readonly [Kind, Kind])[] = FATALS.map((one) => [
  {
    ...one,
    event: `${one.event}, worker stopped by catalog`,
    text: `${one.text}, worker stopped by catalog`,
  },
  { ...one, event: `${one.event}, worker stopped by schema`, text: `${one.text}, worker stopped by schema` },
]);

function likeFatal(random: Random, plan: PairPlan): PairPlan {
  const [known, fresh] = random.pick(LIKE_FATALS);
  return {
    ...plan,
    stable: { ...plan.stable, insert: [known] },
    canary: { ...plan.canary, insert: [fresh] },
  };
}

/** Canaries that come to a stand, or do not get going: in silence, out of service, or with words much like stable's. */
export const STANDING_STILL: readonly SyntheticClass[] = [
  {
    name: 'stops-working',
    expected: ['Inconclusive', 'Abort'],
    make: pair(stops, someService, (random) => random.logBetween(500, 2_000)),
  },
  { name: 'mostly-unready', expected: ['Inconclusive', 'Abort'], make: pair(unready) },
  { name: 'like-fatal', expected: ['Abort'], make: pair(likeFatal) },
];
