import { blocking } from './blocking.ts';
import { clean } from './clean.ts';
import { insufficient } from './insufficient.ts';
import { noBaseline } from './no-baseline.ts';
import { regressed } from './regressed.ts';
import type { Holding, Policy, State } from './state.ts';
import { suspicious } from './suspicious.ts';

/** In the order in which they are asked; the first that holds is the assessment. */
const CHAIN: readonly Policy[] = [blocking, noBaseline, regressed, insufficient, suspicious];

/** The first policy that holds; {@link clean} where none does. */
export function firstHolding(state: State): Holding {
  for (const policy of CHAIN) {
    const holding = policy(state);
    if (holding !== undefined) return holding;
  }
  return clean(state);
}
