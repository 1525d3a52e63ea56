import { ofRegression } from './confidence.ts';
import type { Policy } from './state.ts';
import { strongest } from './strongest.ts';

/** The canary logs more errors than chance and a fair comparison allow. */
export const regressed: Policy = ({ findings, comparison }) =>
  strongest('Regressed', findings, ofRegression(leastAdjusted(comparison)));

/** The surest of the tests of errors, after correction. */
export function leastAdjusted({
  errors,
  pooledErrors,
}: {
  readonly errors: readonly { readonly adjusted: number }[];
  readonly pooledErrors: { readonly adjusted: number };
}): number {
  return errors.reduce((least, { adjusted }) => Math.min(least, adjusted), pooledErrors.adjusted);
}
