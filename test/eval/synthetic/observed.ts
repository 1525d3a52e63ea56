import { type Judged, judgeBundle, MIN_POWER } from '../../../operator/cli/judge.ts';
import { BUILT_IN_POLICY, endsObservation, nextLookAfter } from '../../../operator/judge/index.ts';
import { memoryFolder } from '../memory-folder.ts';
import { type PairPlan, writePair } from './pair.ts';
import type { Random } from './random.ts';

/** The first look on the way, in seconds, as the operator has it. */
const FIRST_LOOK_SECONDS = 10;

/**
 * One measurement as the operator makes it: the window of the plan is the time to wait at most, and looks on the way may
 * end it early. `look` is which measurement of the revision it is, from 1.
 */
export async function observed(name: string, random: Random, plan: PairPlan, look: number): Promise<Judged> {
  const { from, seconds } = plan.traffic;
  const judge = (until?: number): Promise<Judged> =>
    judgeBundle(memoryFolder(name, writePair(random, until === undefined ? plan : { ...plan, until })), {
      policy: BUILT_IN_POLICY,
      now: () => 0,
      inlineBytes: Number.POSITIVE_INFINITY,
      look,
    });
  for (let at = FIRST_LOOK_SECONDS; at < seconds; at = nextLookAfter(at)) {
    const judged = await judge(from + at * 1000);
    const { evidence, distilled, assessed } = judged;
    if (endsObservation({ evidence, distilled, minPower: MIN_POWER, look }, assessed)) return judged;
  }
  return judge();
}
