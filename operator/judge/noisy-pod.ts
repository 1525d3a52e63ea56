import type { Exposure } from './exposure.ts';
import { type Rate, rateRatio } from './statistics/rate-test.ts';

/** From this many pods that do comparable work on, one of them may be the exception. */
export const MANY_PODS = 3;
/** Below this times stable's rate, the other pods count as unremarkable. */
export const UNREMARKABLE_RATIO = 1.5;

/**
 * The one pod of many that accounts for a rise, if there is one: without it and its exposure fewer than two
 * occurrences remain, or what remains is under {@link UNREMARKABLE_RATIO} times stable's rate.
 * Only pods with at least a quarter of a fair share of the exposure count among the many, so that the one pod with
 * traffic is not called the exception. More occurrences never turn a rise into one pod's.
 */
export function noisyPod(
  pods: Readonly<Record<string, number>>,
  stable: Rate,
  exposure: Exposure,
): string | undefined {
  const shares = exposure.pods.canary;
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const working = Object.values(shares).filter(
    (share) => share > 0 && share * Object.keys(shares).length * 4 >= total,
  );
  if (working.length < MANY_PODS) return undefined;
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
