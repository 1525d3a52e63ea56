const NEGLIGIBLE = 1e-17;

/**
 * P(X ≥ k) of a unimodal distribution on the whole numbers low…high, summed from k away from the mode.
 * `logMass(i)` is ln P(X = i); `up(i)` is P(X = i + 1) / P(X = i).
 * The number of terms is a small multiple of the standard deviation, whatever the range.
 */
export function upperTail(
  k: number,
  support: { readonly low: number; readonly high: number; readonly mean: number },
  logMass: (i: number) => number,
  up: (i: number) => number,
): number {
  const { low, high, mean } = support;
  if (k <= low) return 1;
  if (k > high) return 0;
  if (k > mean) return Math.min(1, sum(k, Math.exp(logMass(k)), 1, high, up));
  return Math.max(0, 1 - sum(k - 1, Math.exp(logMass(k - 1)), -1, low, up));
}

function sum(from: number, mass: number, step: 1 | -1, end: number, up: (i: number) => number): number {
  let total = mass;
  let term = mass;
  for (let i = from; i !== end; i += step) {
    term *= step === 1 ? up(i) : 1 / up(i - 1);
    total += term;
    if (!(term > total * NEGLIGIBLE)) break;
  }
  return total;
}
