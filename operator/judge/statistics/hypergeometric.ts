import { logChoose } from './log-gamma.ts';
import { upperTail } from './tail.ts';

/** P(X ≥ k) where X counts the marked among `drawn` taken without replacement from `size`, of which `marked` are marked. */
export function hypergeometricUpperTail(k: number, size: number, marked: number, drawn: number): number {
  const low = Math.max(0, drawn + marked - size);
  const high = Math.min(marked, drawn);
  const all = size > 0 ? logChoose(size, drawn) : 0;
  return upperTail(
    k,
    { low, high, mean: size > 0 ? (drawn * marked) / size : 0 },
    (i) => logChoose(marked, i) + logChoose(size - marked, drawn - i) - all,
    (i) => ((marked - i) * (drawn - i)) / ((i + 1) * (size - marked - drawn + i + 1)),
  );
}
