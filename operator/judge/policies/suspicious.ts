import { ofRegression } from './confidence.ts';
import { leastAdjusted } from './regressed.ts';
import type { Policy } from './state.ts';
import { strongest } from './strongest.ts';

/** Weaker evidence against the canary; how sure it is comes from the tests of errors, one half where another kind speaks. */
export const suspicious: Policy = ({ findings, comparison }) =>
  strongest('Suspicious', findings, ofRegression(leastAdjusted(comparison)));
