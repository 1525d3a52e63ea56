/**
 * How many times more the counts of equal parts vary than Poisson counts would, at least 1:
 * Pearson's χ² over its degrees of freedom (McCullagh and Nelder, Generalized Linear Models, 1989, §4.5).
 * 1 where there are fewer than `leastParts` parts: too few to tell.
 */
export function dispersion(
  parts: readonly { readonly count: number; readonly exposure: number }[],
  leastParts = 3,
): number {
  const seen = parts.filter((part) => part.exposure > 0);
  const count = seen.reduce((sum, part) => sum + part.count, 0);
  const exposure = seen.reduce((sum, part) => sum + part.exposure, 0);
  if (seen.length < leastParts || count === 0) return 1;
  const chiSquared = seen.reduce((sum, part) => {
    const expected = (count * part.exposure) / exposure;
    return sum + (part.count - expected) ** 2 / expected;
  }, 0);
  return Math.max(1, chiSquared / (seen.length - 1));
}
