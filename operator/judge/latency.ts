import type { NumericField, Side } from '../model.ts';
import type { Comparison } from './comparison.ts';
import type { JudgeInput } from './input.ts';
import { MANY_PODS } from './noisy-pod.ts';
import { hodgesLehmann, type Shift } from './statistics/hodges-lehmann.ts';
import { mannWhitney } from './statistics/mann-whitney.ts';
import { holm } from './statistics/multiple-testing.ts';

/**
 * A shift up to this part of stable's mean is tolerated, as by the judge of Kayenta (NetflixACAJudge calls its
 * MannWhitneyClassifier with a tolerance of 0.25).
 */
export const TOLERANCE = 0.25;
/** A side, or a pod, with fewer values than this is not compared. */
export const LEAST_VALUES = 8;

/** A field of durations that is larger on canary, beyond chance and tolerance. */
export interface Slower {
  readonly field: NumericField;
  /** Set where it is one pod of many that is compared, and not all of them. */
  readonly pod?: string;
  readonly pValue: number;
  readonly shift: Shift;
  readonly medians: Readonly<Record<Side, number>>;
  readonly counts: Readonly<Record<Side, number>>;
}

/**
 * The durations that are longer on canary: all pods of the side together, and where there are many also each of them, for
 * one slow pod of ten is lost among the others. All tests are one family, corrected by Holm at the α of a suspicion; the
 * lower confidence bound of the shift must exceed {@link TOLERANCE} times stable's mean.
 * Requests to one pod are alike, so where stable has many pods they are what is compared with: the median must exceed
 * that of every one of them.
 */
export function slowerFields({ distilled }: JudgeInput, { suspicionAlpha }: Comparison): readonly Slower[] {
  const candidates = distilled.numbers.filter(({ unit }) => unit === 'ms').flatMap(comparisons);
  const tested = candidates.map((one) => ({ ...one, ...mannWhitney(one.stable, one.canary) }));
  const adjusted = holm(tested.map(({ pValue }) => pValue));
  return tested.flatMap(({ field, pod, stable, canary, pValue }, i) => {
    if ((adjusted[i] ?? 1) > suspicionAlpha) return [];
    const shift = hodgesLehmann(stable, canary, suspicionAlpha / candidates.length);
    const found = { stable: median(stable), canary: median(canary) };
    if (!(shift.atLeast > TOLERANCE * mean(stable)) || !exceedsEveryPod(field, found.canary)) return [];
    return [
      {
        field,
        ...(pod === undefined ? {} : { pod }),
        pValue,
        shift,
        medians: found,
        counts: { stable: stable.length, canary: canary.length },
      },
    ];
  });
}

interface Candidate {
  readonly field: NumericField;
  readonly pod?: string;
  readonly stable: readonly number[];
  readonly canary: readonly number[];
}

function comparisons(field: NumericField): Candidate[] {
  const stable = together(field, 'stable');
  const canary = together(field, 'canary');
  if (stable.length < LEAST_VALUES || canary.length < LEAST_VALUES) return [];
  const pods = telling(field, 'canary');
  const each = pods.length < MANY_PODS ? [] : pods;
  return [
    { field, stable, canary },
    ...each.map(([pod, values]) => ({ field, pod, stable, canary: values })),
  ];
}

/** The pods with enough values to be looked at alone. */
function telling(field: NumericField, side: Side): [string, readonly number[]][] {
  return Object.entries(field[side].values).filter(([, values]) => values.length >= LEAST_VALUES);
}

function exceedsEveryPod(field: NumericField, canary: number): boolean {
  const pods = telling(field, 'stable');
  return pods.length < MANY_PODS || pods.every(([, values]) => canary > median(values));
}

function together(field: NumericField, side: Side): readonly number[] {
  return Object.values(field[side].values)
    .flat()
    .sort((a, b) => a - b);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of values in ascending order. */
function median(values: readonly number[]): number {
  const middle = values.length >> 1;
  const upper = values[middle] ?? 0;
  return values.length % 2 === 1 ? upper : (upper + (values[middle - 1] ?? upper)) / 2;
}
