/**
 * The part of `total` that the look-th test of the same hypothesis may use: total · 6 / (π² look²).
 * The parts of all looks sum to `total` (Euler's Σ 1/k² = π²/6), so by Bonferroni repeated looks never exceed it.
 */
export function spentAlpha(total: number, look: number): number {
  const k = Math.max(1, look);
  return (total * 6) / (Math.PI ** 2 * k ** 2);
}
