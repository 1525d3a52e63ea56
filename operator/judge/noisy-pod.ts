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
  if (workingPods(exposure).length < MANY_PODS) return undefined;
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

/** The canary's pods with at least a quarter of a fair share of its exposure. */
export function workingPods({
  pods,
}: Exposure): readonly { readonly name: string; readonly share: number }[] {
  const all = Object.entries(pods.canary).map(([name, share]) => ({ name, share }));
  const total = all.reduce((sum, { share }) => sum + share, 0);
  return all.filter(({ share }) => share > 0 && share * all.length * 4 >= total);
}
