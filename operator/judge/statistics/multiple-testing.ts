/**
 * Holm's step-down adjustment (Scand. J. Statist. 6, 1979): rejecting where the adjusted value is at most α
 * keeps the chance of any false rejection at α, whatever the dependence. Same order as given.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  for (const [rank, { p, index }] of ascending(pValues).entries()) {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = largest;
  }
  return adjusted;
}

/**
 * Benjamini and Hochberg's step-up adjustment (J. R. Statist. Soc. B 57, 1995): listing where the adjusted value
 * is at most q keeps the expected share of false entries at q. Same order as given.
 */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  const adjusted = new Array<number>(pValues.length).fill(1);
  let smallest = 1;
  for (const [fromEnd, { p, index }] of ascending(pValues).toReversed().entries()) {
    smallest = Math.min(smallest, (p * pValues.length) / (pValues.length - fromEnd));
    adjusted[index] = smallest;
  }
  return adjusted;
}

function ascending(pValues: readonly number[]): { p: number; index: number }[] {
  return pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p || a.index - b.index);
}
