/**
 * The least posterior probability, at even prior odds, that nothing is the matter although a test gave this p-value:
 * 1 / (1 + 1 / (−e p ln p)) (Sellke, Bayarri and Berger, The American Statistician 55, 2001). One half from p = 1/e on.
 */
export function leastChanceOfNothing(pValue: number): number {
  if (pValue >= 1 / Math.E) return 0.5;
  if (pValue <= 0) return 0;
  const bayesFactor = -Math.E * pValue * Math.log(pValue);
  return bayesFactor / (1 + bayesFactor);
}
