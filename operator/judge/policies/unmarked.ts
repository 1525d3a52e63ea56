import type { WorkMix } from '../work-mix.ts';

/** What is said of logs whose records carry no level. */
export const UNMARKED = 'errors are not marked in these logs, only those that say so in words are known';

/** Whether most of the lines of both sides carry no level. */
export function isUnmarked({ unmarked }: Pick<WorkMix, 'unmarked'>): boolean {
  return unmarked > 0.5;
}
