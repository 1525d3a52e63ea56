import { normalUpperQuantile } from './normal.ts';

/** Counts of parts that did some work each. */
type Parts = readonly { readonly count: number; readonly exposure: number }[];

/**
 * How many times more the counts of equal parts vary than Poisson counts would, at least 1:
 * Pearson's χ² over its degrees of freedom (McCullagh and Nelder, Generalized Linear Models, 1989, §4.5).
 * 1 where there are fewer than `leastParts` parts: too few to tell.
 */
export function dispersion(parts: Parts, leastParts = 3): number {
  const { chiSquared, freedom } = pearson(parts);
  return freedom < leastParts - 1 ? 1 : Math.max(1, chiSquared / freedom);
}

/**
 * The part of {@link dispersion} that is beyond chance: χ² over what Poisson counts exceed with this chance, at least 1.
 * The quantile is that of Wilson and Hilferty (Proc. Natl. Acad. Sci. 17, 1931).
 */
export function sureDispersion(parts: Parts, chance: number, leastParts = 3): number {
  const { chiSquared, freedom } = pearson(parts);
  if (freedom < leastParts - 1) return 1;
  const part = 2 / (9 * freedom);
  const quantile = freedom * (1 - part + normalUpperQuantile(chance) * Math.sqrt(part)) ** 3;
  return Math.max(1, chiSquared / quantile);
}

/** Pearson's χ² of counts against equal rates; no freedom where nothing was counted. */
function pearson(parts: Parts): { readonly chiSquared: number; readonly freedom: number } {
  const seen = parts.filter((part) => part.exposure > 0);
  const count = seen.reduce((sum, part) => sum + part.count, 0);
  const exposure = seen.reduce((sum, part) => sum + part.exposure, 0);
  if (count === 0) return { chiSquared: 0, freedom: 0 };
  const chiSquared = seen.reduce((sum, part) => {
    const expected = (count * part.exposure) / exposure;
    return sum + (part.count - expected) ** 2 / expected;
  }, 0);
  return { chiSquared, freedom: seen.length - 1 };
}
