import type { Template } from '../model.ts';
import type { Comparison } from './comparison.ts';
import type { JudgeInput } from './input.ts';
import { isOrdinary } from './levels.ts';
import { fewestThatPass, type GatedTest, passesEffectGate } from './regressed-test.ts';
import { poissonUpperTail } from './statistics/poisson.ts';
import { rateRatio } from './statistics/rate-test.ts';
import { passesSuspicionGate } from './strength.ts';

/** The canary one wants to notice logs at least this share of its records as errors, … */
export const CLEAR_ERROR_SHARE = 0.1;
/** … and at least this many times stable's rate. */
export const CLEAR_RATIO = 5;

/** More lines than this are not asked for: something else than their number is missing. */
const MOST_LINES = 2 ** 24;

/** What the power was worked out from. */
export interface Power {
  /** The chance, 0–100, that a clearly worse canary would have been noticed: found suspicious, or worse. */
  readonly percent: number;
  /** Ordinary canary lines seen, and about how many, with more of stable in proportion, `minPower` needs; absent where lines are not the reason. */
  readonly lines?: { readonly seen: number; readonly needed: number };
  /** True for a pair that logs nothing at all, no warning and no error either. */
  readonly silent: boolean;
}

/**
 * The chance that a canary with {@link CLEAR_ERROR_SHARE} errors, or {@link CLEAR_RATIO} times stable's rate if that is
 * more, would not have been found clean at this exposure, beside the errors that stable really has: P(X ≥ fewest that
 * make a suspicion, see {@link strength}, which no findings promote) for X ~ Poisson. A pair silent on both sides has 100 when every pod was Ready all through and every log was
 * read to its end, else 0; one that logs nothing but warnings and errors is measured by stable's rate of errors alone.
 * Lines lost to the bound on templates take their share away.
 */
export function powerOf(input: JudgeInput, comparison: Comparison): Power {
  const { exposure } = comparison;
  const { ordinaryLines } = exposure;
  if (ordinaryLines.stable === 0 && ordinaryLines.canary === 0)
    return isSilent(input)
      ? { percent: watchedThroughout(input) ? 100 : 0, silent: true }
      : { percent: ofErrorsAlone(input, comparison), silent: false };
  const seen = exposure.unit === 'lines' ? exposure.canary : ordinaryLines.canary;
  const lost = input.distilled.overflow.canary;
  const kept = seen > 0 ? seen / (seen + lost) : 0;
  const percentAt = (canaryLines: number) => Math.floor(100 * kept * chance(comparison, seen, canaryLines));
  const percent = percentAt(seen);
  if (percent >= input.minPower) return { percent, silent: false };
  const needed = leastLines(seen, (canaryLines) => percentAt(canaryLines) >= input.minPower);
  return { percent, silent: false, ...(needed === undefined ? {} : { lines: { seen, needed } }) };
}

/** Neither side logged a warning or an error in the window, nor a line that was not kept. */
function isSilent({ distilled: { templates, overflow } }: JudgeInput): boolean {
  const isLogged = ({ stable, canary }: Template) => stable.count + canary.count > 0;
  return (
    overflow.stable + overflow.canary === 0 && !templates.some((one) => !isOrdinary(one) && isLogged(one))
  );
}

/** Without ordinary lines nothing but stable's rate of errors says how many a clearly worse canary would have logged. */
function ofErrorsAlone({ distilled }: JudgeInput, comparison: Comparison): number {
  const { exposure, pooledErrors } = comparison;
  if (distilled.overflow.canary > 0 || !(exposure.stable > 0 && exposure.canary > 0)) return 0;
  const expected = (CLEAR_RATIO * pooledErrors.stable.count * exposure.canary) / exposure.stable;
  return Math.floor(100 * chanceOf(expected, comparison, 1));
}

/** As seen, or with more of everything on both sides in proportion. */
function chance(comparison: Comparison, seen: number, canaryLines: number): number {
  const { exposure, pooledErrors } = comparison;
  const stableLines = exposure.unit === 'lines' ? exposure.stable : exposure.ordinaryLines.stable;
  const errorsPerLine = Math.max(
    CLEAR_ERROR_SHARE / (1 - CLEAR_ERROR_SHARE),
    stableLines > 0 ? (CLEAR_RATIO * pooledErrors.stable.count) / stableLines : 0,
  );
  return chanceOf(canaryLines * errorsPerLine, comparison, seen > 0 ? canaryLines / seen : 1);
}

/** That so many expected errors would be noticed; `scale` is how many times as much of everything is seen. */
function chanceOf(expected: number, comparison: Comparison, scale: number): number {
  const { exposure, pooledErrors, errors, alpha, suspicionAlpha } = comparison;
  const stable = {
    count: Math.round(pooledErrors.stable.count * scale),
    exposure: Math.round(exposure.stable * scale),
  };
  const fewestBy = (total: number, spread: number, gate: GatedTest['gate']) =>
    fewestThatPass(stable, Math.round(exposure.canary * scale), {
      unit: exposure.unit,
      alpha: total / (errors.length + 1),
      spread,
      gate,
    });
  const fewest = Math.min(
    fewestBy(alpha, 1, passesEffectGate),
    fewestBy(suspicionAlpha, pooledErrors.spread, (known, canary) =>
      passesSuspicionGate(canary.count, rateRatio(known, canary)),
    ),
  );
  return Number.isFinite(fewest) ? poissonUpperTail(fewest, expected) : 0;
}

function leastLines(seen: number, enough: (lines: number) => boolean): number | undefined {
  if (seen === 0) return undefined;
  let high = Math.max(1, seen);
  while (!enough(high)) {
    high *= 2;
    if (high > MOST_LINES) return undefined;
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Silence is watched when a pod of each side was Ready for at least this long, in seconds: a moment after the start-up says nothing. */
export const LEAST_WATCHED_SECONDS = 10;

/**
 * Every pod of both sides Ready all through, one of each for long enough, and every log read to its end. Pods of stable
 * that were scaled down count as little as if they had not been there.
 */
function watchedThroughout({ evidence }: JudgeInput): boolean {
  return (['stable', 'canary'] as const).every((side) => {
    const pods = evidence[side].pods.filter(({ deleted }) => side === 'canary' || !deleted);
    return (
      evidence.logsComplete[side] &&
      pods.every((pod) => pod.readyThroughout) &&
      pods.some((pod) => pod.readySeconds >= LEAST_WATCHED_SECONDS)
    );
  });
}
