import type { Template } from '../model.ts';
import { countsByPod, isAbsent, steadyCount } from './counts.ts';
import { type Exposure, measureExposure } from './exposure.ts';
import type { JudgeInput } from './input.ts';
import { isError, isWarning } from './levels.ts';
import { noisyPod } from './noisy-pod.ts';
import { passesEffectGate, TOTAL_ALPHA } from './regressed-test.ts';
import { spentAlpha } from './statistics/alpha-spending.ts';
import { dispersion } from './statistics/dispersion.ts';
import { benjaminiHochberg, holm } from './statistics/multiple-testing.ts';
import { dispersedRateTest, type Rate, rateRatio } from './statistics/rate-test.ts';

/** What a suspicion may cost, over all looks: the chance that a canary no worse than stable is suspected. */
export const TOTAL_SUSPICION_ALPHA = 0.1;
/** A rise smaller than this times stable's rate is not held against a canary. */
export const LEAST_SUSPICIOUS_RATIO = 1.5;
/** Listed for information where at most this share of the list is expected to be chance. */
export const DISPLAY_RATE = 0.1;

/** One template, or all of a severity together, compared between the sides. */
export interface Compared {
  /** Absent for all records of a severity pooled. */
  readonly template?: Template;
  readonly stable: Rate;
  readonly canary: Rate;
  /** Canary's occurrences by pod. */
  readonly pods: Readonly<Record<string, number>>;
  /** Stable's occurrences outside the window. */
  readonly stableOutside: number;
  /** True when stable never logged it: news, not a changed rate. */
  readonly novel: boolean;
  readonly ratio: number;
  /** One-sided, before correction. */
  readonly pValue: number;
  /** Adjusted by Holm over its family: what moves the verdict. */
  readonly adjusted: number;
  /** Adjusted by Benjamini and Hochberg over its family: what is worth listing. */
  readonly listed: number;
  /** The one pod of many that accounts for it. */
  readonly noisyPod?: string;
}

/** How strong a comparison speaks against the canary. */
export type Strength = 'regressed' | 'suspicious' | 'listed' | 'none';

/** Every test of one analysis, made once for all findings. */
export interface Comparison {
  readonly exposure: Exposure;
  /** α of this look for Regressed, and for Suspicious. */
  readonly alpha: number;
  readonly suspicionAlpha: number;
  /** Templates of error severity, most frequent on canary first. */
  readonly errors: readonly Compared[];
  /** All records of error severity together. */
  readonly pooledErrors: Compared;
  readonly warnings: readonly Compared[];
  readonly pooledWarnings: Compared;
  /** How much more stable's error counts vary between its pods than Poisson counts would; 1 or more. */
  readonly dispersion: number;
}

/** Makes every test of one analysis. Errors are one family, warnings another; each family includes its pool. */
export function compare(input: JudgeInput): Comparison {
  const { evidence, distilled, look } = input;
  const exposure = measureExposure(evidence, distilled);
  const errors = distilled.templates.filter(isError);
  const warnings = distilled.templates.filter(isWarning);
  const spread = dispersionOfStable(errors, exposure);
  const errorFamily = family(errors, exposure, spread);
  const warningFamily = family(warnings, exposure, spread);
  return {
    exposure,
    alpha: spentAlpha(TOTAL_ALPHA, look),
    suspicionAlpha: spentAlpha(TOTAL_SUSPICION_ALPHA, look),
    errors: errorFamily.members,
    pooledErrors: errorFamily.pool,
    warnings: warningFamily.members,
    pooledWarnings: warningFamily.pool,
    dispersion: spread,
  };
}

/** The strength of a comparison at the α of this look. */
export function strength(compared: Compared, comparison: Comparison): Strength {
  const { stable, canary, adjusted, ratio, listed } = compared;
  if (
    adjusted <= comparison.alpha &&
    passesEffectGate(stable, canary) &&
    passesGateOverLookback(compared) &&
    compared.noisyPod === undefined
  )
    return 'regressed';
  if (adjusted <= comparison.suspicionAlpha && canary.count >= 2 && ratio >= LEAST_SUSPICIOUS_RATIO)
    return 'suspicious';
  return listed <= DISPLAY_RATE && ratio >= LEAST_SUSPICIOUS_RATIO ? 'listed' : 'none';
}

/** Stable's occurrences outside the window count too, so that what burst on stable a moment earlier is no regression. */
function passesGateOverLookback({ stable, stableOutside, canary }: Compared): boolean {
  return passesEffectGate({ count: stable.count + stableOutside, exposure: stable.exposure }, canary);
}

function family(templates: readonly Template[], exposure: Exposure, spread: number) {
  const raw = templates.map((template) => compareTemplate(template, exposure, spread));
  const pooled = pool(templates, exposure, spread);
  const pValues = [...raw, pooled].map(({ pValue }) => pValue);
  const adjusted = holm(pValues);
  const listed = benjaminiHochberg(pValues);
  const members = [...raw, pooled].map((compared, i) => ({
    ...compared,
    adjusted: adjusted[i] ?? 1,
    listed: listed[i] ?? 1,
  }));
  return { members: members.slice(0, -1), pool: members.at(-1) ?? { ...pooled, adjusted: 1, listed: 1 } };
}

type Raw = Omit<Compared, 'adjusted' | 'listed'>;

function compareTemplate(template: Template, exposure: Exposure, spread: number): Raw {
  const novel = isAbsent(template, 'stable');
  const canary = novel ? template.canary.count : steadyCount(template, 'canary');
  return {
    template,
    ...test(
      steadyCount(template, 'stable'),
      template.stable.outside,
      canary,
      template.canary.pods,
      exposure,
      spread,
    ),
    novel,
  };
}

function pool(templates: readonly Template[], exposure: Exposure, spread: number): Raw {
  const total = (count: (template: Template) => number) =>
    templates.reduce((sum, template) => sum + count(template), 0);
  return {
    ...test(
      total((template) => steadyCount(template, 'stable')),
      total((template) => template.stable.outside),
      total((template) => steadyCount(template, 'canary')),
      countsByPod(templates, 'canary'),
      exposure,
      spread,
    ),
    novel: templates.every((template) => isAbsent(template, 'stable')),
  };
}

function test(
  stableCount: number,
  stableOutside: number,
  canaryCount: number,
  pods: Readonly<Record<string, number>>,
  exposure: Exposure,
  spread: number,
) {
  const stable = { count: stableCount, exposure: exposure.stable };
  const canary = { count: canaryCount, exposure: exposure.canary };
  const noisy = noisyPod(pods, stable, exposure);
  return {
    stable,
    canary,
    stableOutside,
    pods,
    ratio: rateRatio(stable, canary),
    pValue: dispersedRateTest(stable, canary, exposure.unit, spread),
    ...(noisy === undefined ? {} : { noisyPod: noisy }),
  };
}

/** Between the pods of stable, relative to the exposure of each. */
function dispersionOfStable(errors: readonly Template[], exposure: Exposure): number {
  const counts = countsByPod(errors, 'stable');
  return dispersion(
    Object.entries(exposure.pods.stable).map(([pod, share]) => ({
      count: counts[pod] ?? 0,
      exposure: share,
    })),
  );
}
