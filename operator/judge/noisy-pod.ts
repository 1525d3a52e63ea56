import type { Exposure } from './exposure.ts';
import { type Rate, rateRatio } from './statistics/rate-test.ts';

/** From this many pods that do comparable work on, one of them may be the exception. */
export const MANY_PODS = 3;
/** Below this times stable's rate, the other pods count as unremarkable. */
export const UNREMARKABLE_RATIO = 1.5;

/**
 * The one pod of many that accounts for a rise, if there is one: without it and its exposure fewer than two
 * occurrences remain, or what remains is under {@link UNREMARKABLE_RATIO} times stable's rate.
 * Only {@link busyPods} count among the many, so that the one pod with traffic is not called the exception. More occurrences never turn a rise into one pod's.
 */
export function noisyPod(
  pods: Readonly<Record<string, number>>,
  stable: Rate,
  exposure: Exposure,
): string | undefined {
  if (busyPods(exposure, pods).length < MANY_PODS) return undefined;
  const shares = exposure.pods.canary;
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const occurrences = Object.values(pods).reduce((sum, count) => sum + count, 0);
  return Object.entries(pods)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .find(([name, count]) => {
      const rest = {
        count: occurrences - count,
        exposure: exposure.canary * (1 - (shares[name] ?? 0) / total),
      };
      return rest.count < 2 || rateRatio(stable, rest) < UNREMARKABLE_RATIO;
    })?.[0];
}

/** A canary pod with its part of the exposure, in the unit of the others'. */
interface PodShare {
  readonly name: string;
  readonly share: number;
}

/**
 * The canary's pods that do something: those with at least a quarter of a fair share of its exposure, and those that log
 * occurrences but do less. A pod that fails wholly does no work at all: it counts with what those at work do on average.
 */
export function busyPods(
  exposure: Exposure,
  occurrences: Readonly<Record<string, number>>,
): readonly PodShare[] {
  const working = workingPods(exposure);
  if (working.length === 0) return [];
  const fair = working.reduce((sum, { share }) => sum + share, 0) / working.length;
  const idle = Object.keys(occurrences)
    .filter((pod) => (occurrences[pod] ?? 0) > 0 && !working.some(({ name }) => name === pod))
    .map((name) => ({ name, share: fair }));
  return [...working, ...idle];
}

function workingPods({ pods }: Exposure): readonly PodShare[] {
  const all = Object.entries(pods.canary).map(([name, share]) => ({ name, share }));
  const total = all.reduce((sum, { share }) => sum + share, 0);
  return all.filter(({ share }) => share > 0 && share * all.length * 4 >= total);
}
