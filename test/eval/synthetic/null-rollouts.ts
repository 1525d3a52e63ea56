import { observed } from './observed.ts';
import { EPOCH, equalPair } from './plans.ts';
import { Random } from './random.ts';
import { someService, times, total } from './service.ts';
import { someTraffic } from './simulate.ts';

/** What came of one rollout of a version that is no worse than stable. */
export interface NullRollout {
  readonly name: string;
  /** Whether errors come one by one, or several to an incident. */
  readonly incidents: boolean;
  readonly measurements: number;
  /** The measurement that aborted it, from 1, and why. */
  readonly aborted?: { readonly look: number; readonly message: string };
}

/** Most measurements of a rollout. */
export const MOST_LOOKS = 10;

/**
 * A rollout of a version that behaves exactly as stable does, measured up to {@link MOST_LOOKS} times over windows that do
 * not overlap, each with its looks on the way ({@link observed}), until a measurement aborts. Error rates from rare to every tenth request; in a quarter of the rollouts
 * errors come as incidents of several.
 */
export async function nullRollout(seed: string, i: number, signal?: AbortSignal): Promise<NullRollout> {
  const name = `null-rollout-${i}`;
  const random = new Random(`${seed}/${name}`);
  const service = someService(random);
  const perRequest = random.logBetween(0.002, 0.1);
  const incidents = random.chance(0.25);
  const behaviour = {
    ...service,
    errors: times(service.errors, perRequest / total(service.errors)),
    errorsPerIncident: incidents ? random.between(1.5, 4) : 1,
  };
  const canary = random.logBetween(60, 300);
  const share = random.logBetween(0.1, 0.5);
  const plan = equalPair(random, behaviour, { canary, stable: (canary * (1 - share)) / share });
  const bursty = random.chance(0.5);
  const looks = random.int(1, MOST_LOOKS);
  for (let look = 1; look <= looks; look++) {
    signal?.throwIfAborted();
    const own = random.fork(`look/${look}`);
    const from = EPOCH + (look - 1) * plan.traffic.seconds * 1000;
    const traffic = someTraffic(own, from, plan.traffic.seconds, bursty);
    const { decision } = await observed(`${name}/${look}`, own, { ...plan, traffic }, look);
    if (decision.verdict === 'Abort')
      return { name, incidents, measurements: look, aborted: { look, message: decision.message } };
  }
  return { name, incidents, measurements: looks };
}
