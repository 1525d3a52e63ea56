/** Beyond this many standard deviations the continued fraction takes over: the series loses its last digits there. */
const FAR = 2.5;
const FRACTION_TERMS = 120;

/**
 * P(Z ≥ z) of the standard normal distribution, to about twelve digits also far out.
 * Near the middle the Taylor series of Marsaglia (J. Stat. Softw. 11(4), 2004), further out Laplace's continued fraction
 * (Abramowitz and Stegun 26.2.14).
 */
export function normalUpperTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalUpperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > FAR) {
    let fraction = z;
    for (let i = FRACTION_TERMS; i >= 1; i--) fraction = z + i / fraction;
    return density === 0 ? 0 : density / fraction;
  }
  let term = z;
  let sum = z;
  for (let i = 3; term > sum * 1e-17; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 - density * sum;
}

/** The z with P(Z ≥ z) = p, for 0 < p < 1, by bisection. */
export function normalUpperQuantile(p: number): number {
  let low = -40;
  let high = 40;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (normalUpperTail(middle) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
