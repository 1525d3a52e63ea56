import { judgeBundle } from '../../../operator/cli/judge.ts';
import { BUILT_IN_POLICY } from '../../../operator/judge/index.ts';
import { memoryFolder } from '../memory-folder.ts';
import { writePair } from './pair.ts';
import { erringPair } from './plans.ts';
import { Random } from './random.ts';

/** Canary's error rate over stable's. */
export const FACTORS = [1, 1.5, 2, 3, 5, 10] as const;
/** Errors that the canary is expected to log. */
export const EXPECTED_ERRORS = [5, 10, 20, 30, 50, 100, 200] as const;
/** The canary's share of the traffic for all points. */
const CANARY_SHARE = 0.2;

/** How often a canary of this kind is aborted, and promoted. */
export interface PowerPoint {
  readonly factor: number;
  readonly expectedErrors: number;
  readonly cases: number;
  readonly aborts: number;
  readonly promotes: number;
}

export async function powerPoint(
  seed: string,
  factor: number,
  expectedErrors: number,
  cases: number,
  signal?: AbortSignal,
): Promise<PowerPoint> {
  let aborts = 0;
  let promotes = 0;
  for (let i = 0; i < cases; i++) {
    signal?.throwIfAborted();
    const name = `power/${factor}/${expectedErrors}/${i}`;
    const random = new Random(`${seed}/${name}`);
    const files = writePair(random.fork('pair'), erringPair(random, factor, expectedErrors, CANARY_SHARE));
    const { decision } = await judgeBundle(memoryFolder(name, files), {
      policy: BUILT_IN_POLICY,
      now: () => 0,
      inlineBytes: Number.POSITIVE_INFINITY,
    });
    if (decision.verdict === 'Abort') aborts += 1;
    if (decision.verdict === 'Promote') promotes += 1;
  }
  return { factor, expectedErrors, cases, aborts, promotes };
}
