import type { Assessed } from '../model.ts';
import { assess } from './assess.ts';
import { compare } from './comparison.ts';
import type { JudgeInput } from './input.ts';
import { type Clear, powerOf } from './power.ts';

/** An early end is for what is clear: a canary this little worse would have been noticed, … */
export const EARLY_CLEAR: Clear = { share: 0.05, ratio: 2 };
/** … with at least this chance, in percent. */
export const EARLY_POWER = 95;
/**
 * A regression ends the observation early at the α of a look so many times as late, a 49th: so strict that looking on the
 * way costs next to nothing of the α of the last look (Haybittle, Brit. J. Radiol. 44, 1971; Peto et al., Brit. J. Cancer 34, 1976).
 */
export const EARLY_STRICTNESS = 7;

/**
 * Whether an observation may end before its time with what a look on the way found. A fact that blocks ends it at once, a
 * regression where it passes a stricter test, and a clean canary where more would have been noticed than at the end:
 * a rise to {@link EARLY_CLEAR} with {@link EARLY_POWER}. A suspicion goes on, for more evidence clears or confirms it,
 * and so does silence, for nothing but time makes more of it. Pure.
 */
export function endsObservation(input: JudgeInput, { assessment }: Pick<Assessed, 'assessment'>): boolean {
  if (assessment === 'Blocking') return true;
  if (assessment === 'Regressed')
    return assess({ ...input, look: EARLY_STRICTNESS * input.look }).assessment === 'Regressed';
  if (assessment !== 'Clean') return false;
  const { percent, silent } = powerOf(input, compare(input), EARLY_CLEAR);
  return !silent && percent >= Math.max(input.minPower, EARLY_POWER);
}

/** When the next look on the way is due, after one at `elapsed`: ever later, so that all looks together read at most about twice what the last one reads. */
export function nextLookAfter(elapsed: number): number {
  return 2 * elapsed;
}
