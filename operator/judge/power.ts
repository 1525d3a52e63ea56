import type { Template } from '../model.ts';
import type { Comparison } from './comparison.ts';
import type { JudgeInput } from './input.ts';
import { isOrdinary } from './levels.ts';
import { fewestThatPass, type GatedTest, passesEffectGate } from './regressed-test.ts';
import { poissonUpperTail } from './statistics/poisson.ts';
import { rateRatio } from './statistics/rate-test.ts';
import { passesSuspicionGate } from './strength.ts';
import { type WorkMix, workMix } from './work-mix.ts';

/** The canary one wants to notice logs at least this share of its records as errors, … */
export const CLEAR_ERROR_SHARE = 0.1;
/** … and at least this many times stable's rate. */
export const CLEAR_RATIO = 5;

/**
 * What is noticed of the failures of a program that marks none of its records as an error: only what says so in words.
 * An assumption, and less than certainty.
 */
export const NOTICED_UNMARKED = 0.9;

/** How much worse the canary is that one wants to notice. */
export interface Clear {
  /** At least this share of its records are errors, … */
  readonly share: number;
  /** … and at least this many times stable's rate. */
  readonly ratio: number;
}

const CLEAR: Clear = { share: CLEAR_ERROR_SHARE, ratio: CLEAR_RATIO };

/** The canary that {@link CLEAR} means, in words. */
export const CLEARLY_WORSE = `${100 * CLEAR_ERROR_SHARE} % errors, or ${CLEAR_RATIO} times stable's rate`;

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
  /** What the canary showed of stable's work. */
  readonly mix: WorkMix;
}

/**
 * The chance that a canary with {@link CLEAR_ERROR_SHARE} errors, or {@link CLEAR_RATIO} times stable's rate if that is
 * more, would not have been found clean at this exposure, beside the errors that stable really has: P(X ≥ fewest that
 * make a suspicion, see {@link strength}, which no findings promote) for X ~ Poisson. A pair silent on both sides has 100 when every pod was Ready all through and every log was
 * read to its end, else 0; one that logs nothing but warnings and errors is measured by stable's rate of errors alone.
 * Lines lost to the bound on templates take their share away, lines beyond stable's mix of work do not count
 * ({@link workMix}), errors that lost their level would not have been noticed at all, and those of logs without levels
 * not all ({@link NOTICED_UNMARKED}).
 */
export function powerOf(input: JudgeInput, comparison: Comparison, clear: Clear = CLEAR): Power {
  const { exposure } = comparison;
  const { ordinaryLines } = exposure;
  const mix = workMix(input.distilled.templates, exposure);
  if (ordinaryLines.stable === 0 && ordinaryLines.canary === 0)
    return isSilent(input)
      ? { percent: watchedThroughout(input) ? 100 : 0, silent: true, mix }
      : { percent: ofErrorsAlone(input, comparison, clear), silent: false, mix };
  if (mix.levelsLost) return { percent: 0, silent: false, mix };
  const { seen, comparable, unmarked } = mix;
  const lost = input.distilled.overflow.canary;
  const kept = seen > 0 ? seen / (seen + lost) : 0;
  const noticed = 1 - unmarked * (1 - NOTICED_UNMARKED);
  const percentAt = (canaryLines: number) =>
    Math.floor(100 * kept * noticed * chance(comparison, comparable, canaryLines, clear));
  const percent = percentAt(comparable);
  if (percent >= input.minPower) return { percent, silent: false, mix };
  const needed = leastLines(comparable, (canaryLines) => percentAt(canaryLines) >= input.minPower);
  const lines = needed === undefined ? {} : { lines: { seen: comparable, needed } };
  return { percent, silent: false, mix, ...lines };
}

/** Neither side logged a warning or an error in the window, nor a line that was not kept. */
function isSilent({ distilled: { templates, overflow } }: JudgeInput): boolean {
  const isLogged = ({ stable, canary }: Template) => stable.count + canary.count > 0;
  return (
    overflow.stable + overflow.canary === 0 && !templates.some((one) => !isOrdinary(one) && isLogged(one))
  );
}

/** Without ordinary lines nothing but stable's rate of errors says how many a clearly worse canary would have logged. */
function ofErrorsAlone({ distilled }: JudgeInput, comparison: Comparison, { ratio }: Clear): number {
  const { exposure, pooledErrors } = comparison;
  if (distilled.overflow.canary > 0 || !(exposure.stable > 0 && exposure.canary > 0)) return 0;
  const expected = (ratio * pooledErrors.stable.count * exposure.canary) / exposure.stable;
  return Math.floor(100 * chanceOf(expected, comparison, 1));
}

/** As seen, or with more of everything on both sides in proportion. */
function chance(comparison: Comparison, seen: number, canaryLines: number, { share, ratio }: Clear): number {
  const { exposure, pooledErrors } = comparison;
  const stableLines = exposure.unit === 'lines' ? exposure.stable : exposure.ordinaryLines.stable;
  const errorsPerLine = Math.max(
    share / (1 - share),
    stableLines > 0 ? (ratio * pooledErrors.stable.count) / stableLines : 0,
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
