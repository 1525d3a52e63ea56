import type { Distilled, Template } from '../model.ts';
import { isAbsent, steadyByPod, steadyCount, summed } from './counts.ts';
import { type Exposure, measureExposure } from './exposure.ts';
import type { JudgeInput } from './input.ts';
import { isError, isUnmarkedFailure, isWarning } from './levels.ts';
import { noisyPod } from './noisy-pod.ts';
import { TOTAL_ALPHA } from './regressed-test.ts';
import { spentAlpha } from './statistics/alpha-spending.ts';
import { benjaminiHochberg, holm } from './statistics/multiple-testing.ts';
import { dispersedRateTest, type Rate, rateRatio, rateTest } from './statistics/rate-test.ts';
import { incidentsOf, moreUneven, type Unevenness, unevenness } from './unevenness.ts';
import { isVocabularyChanged, rewordings } from './vocabulary.ts';

/** What a suspicion may cost, over all looks: the chance that a canary no worse than stable is suspected. */
export const TOTAL_SUSPICION_ALPHA = 0.1;
/** From this many occurrences on stable on, a template's own unevenness is known; below it that of all together counts. */
export const LEAST_OF_ITS_OWN = 10;

/** One template, or all of a severity together, compared between the sides. */
export interface Compared {
  /** Absent for all records of a severity pooled. */
  readonly template?: Template;
  /** The template of stable that this one took the place of: the same record in other words. */
  readonly rewordedFrom?: Template;
  readonly stable: Rate;
  readonly canary: Rate;
  /** Canary's occurrences by pod. */
  readonly pods: Readonly<Record<string, number>>;
  /** Stable's occurrences outside the window. */
  readonly stableOutside: number;
  /** True when stable never logged it: news, not a changed rate. */
  readonly novel: boolean;
  readonly ratio: number;
  /** How many times more than independent ones the occurrences vary; 1 or more. */
  readonly spread: number;
  /** One-sided, before correction. */
  readonly pValue: number;
  /** Adjusted by Holm over its family: what moves the verdict. 1 where the comparison tells nothing. */
  readonly adjusted: number;
  /** The same, as if occurrences were independent of each other. */
  readonly evenPValue: number;
  readonly evenAdjusted: number;
  /** The same, as if they varied no more than chance cannot have made. */
  readonly surePValue: number;
  readonly sureAdjusted: number;
  /** Adjusted by Benjamini and Hochberg over its family: what is worth listing. */
  readonly listed: number;
  /** The one pod of many that accounts for it. */
  readonly noisyPod?: string;
}

/** Every test of one analysis, made once for all findings. */
export interface Comparison {
  readonly exposure: Exposure;
  /** α of this look for Regressed, and for Suspicious. */
  readonly alpha: number;
  readonly suspicionAlpha: number;
  /** True where nearly all of the canary's templates are new: novelty tells nothing. */
  readonly vocabularyChanged: boolean;
  /** Templates of error severity, most frequent on canary first. */
  readonly errors: readonly Compared[];
  /** All records of error severity together. */
  readonly pooledErrors: Compared;
  readonly warnings: readonly Compared[];
  readonly pooledWarnings: Compared;
  /** Records without a level that say in words that something failed. */
  readonly failures: readonly Compared[];
  readonly pooledFailures: Compared;
}

/** Makes every test of one analysis. Errors are one family, warnings another, failures that carry no level a third; each family includes its pool. */
export function compare(input: JudgeInput): Comparison {
  const { evidence, distilled, look } = input;
  const exposure = measureExposure(evidence, distilled);
  const vocabularyChanged = isVocabularyChanged(exposure);
  const of = (belongs: (template: Template) => boolean) =>
    family({ templates: distilled.templates.filter(belongs), exposure, distilled, vocabularyChanged });
  const errors = of(isError);
  const warnings = of(isWarning);
  const failures = of(isUnmarkedFailure);
  return {
    exposure,
    alpha: spentAlpha(TOTAL_ALPHA, look),
    suspicionAlpha: spentAlpha(TOTAL_SUSPICION_ALPHA, look),
    vocabularyChanged,
    errors: errors.members,
    pooledErrors: errors.pool,
    warnings: warnings.members,
    pooledWarnings: warnings.pool,
    failures: failures.members,
    pooledFailures: failures.pool,
  };
}

interface Family {
  readonly templates: readonly Template[];
  readonly exposure: Exposure;
  readonly distilled: Distilled;
  readonly vocabularyChanged: boolean;
}

type Raw = Omit<Compared, 'adjusted' | 'evenAdjusted' | 'sureAdjusted' | 'listed'>;

function family(given: Family): { members: readonly Compared[]; pool: Compared } {
  const { templates, exposure, distilled, vocabularyChanged } = given;
  const together = unevenness(templates, exposure, distilled);
  const known = rewordings(templates);
  const raw = templates.map((template) => compareTemplate(template, known.get(template), given, together));
  const telling = raw.filter(({ novel }) => !(novel && vocabularyChanged));
  const pool = pooled(given, known, together);
  const pValues = [...telling, pool].map(({ pValue }) => pValue);
  const adjusted = holm(pValues);
  const evenAdjusted = holm([...telling, pool].map(({ evenPValue }) => evenPValue));
  const sureAdjusted = holm([...telling, pool].map(({ surePValue }) => surePValue));
  const listed = benjaminiHochberg(pValues);
  const corrected = (one: Raw, i: number): Compared => ({
    ...one,
    adjusted: adjusted[i] ?? 1,
    evenAdjusted: evenAdjusted[i] ?? 1,
    sureAdjusted: sureAdjusted[i] ?? 1,
    listed: listed[i] ?? 1,
  });
  return {
    members: raw.map((one) => corrected(one, telling.includes(one) ? telling.indexOf(one) : -1)),
    pool: corrected(pool, telling.length),
  };
}

/** A template that is new to stable counts with its start-up, any other without; a reworded one is not new. */
function compareTemplate(
  template: Template,
  rewordedFrom: Template | undefined,
  given: Family,
  together: Unevenness,
): Raw {
  const before = rewordedFrom ?? template;
  const { novel, canary, pods } = canarys(template, before, given);
  const seen = before.stable.count + before.stable.outside;
  const both = rewordedFrom === undefined ? [template] : [template, rewordedFrom];
  const own = unevenness(both, given.exposure, given.distilled);
  const uneven = seen < LEAST_OF_ITS_OWN ? moreUneven(together, own) : own;
  return {
    template,
    ...(rewordedFrom === undefined ? {} : { rewordedFrom }),
    ...test(
      {
        stable: steadyCount(before, 'stable'),
        stableOutside: before.stable.outside,
        canary,
        pods,
      },
      given.exposure,
      uneven,
      novel ? recurrences(template, given) : 0,
    ),
    novel,
  };
}

/**
 * What of a template counts on the canary, alone and in the pool: a novel one with its start-up, but where the vocabulary
 * changed, so that everything is new, and of stable's start-up nothing is counted either.
 */
function canarys(
  template: Template,
  before: Template,
  { vocabularyChanged }: Pick<Family, 'vocabularyChanged'>,
): { readonly novel: boolean; readonly canary: number; readonly pods: Readonly<Record<string, number>> } {
  const novel = isAbsent(before, 'stable');
  return novel && !vocabularyChanged
    ? { novel, canary: template.canary.count, pods: template.canary.pods }
    : {
        novel,
        canary: steadyCount(template, 'canary'),
        pods: steadyByPod([template], 'canary', Math.ceil),
      };
}

/**
 * How many times the canary logged what is new to stable, a burst for one: the incidents, and not fewer than the minutes
 * or the pods that show it. Stable had none of them, whatever number of records one leaves.
 */
function recurrences(template: Template, { exposure, distilled }: Family): number {
  const { activeMinutes = 0, pods } = template.canary;
  const apart = incidentsOf(template, 'canary', exposure, distilled) ?? 0;
  return Math.max(Math.floor(apart), activeMinutes, Object.values(pods).filter((count) => count > 0).length);
}

function pooled(given: Family, known: ReadonlyMap<Template, Template>, uneven: Unevenness): Raw {
  const { templates, exposure } = given;
  const counted = templates.map((template) => canarys(template, known.get(template) ?? template, given));
  const total = (count: (template: Template) => number) =>
    templates.reduce((sum, template) => sum + count(template), 0);
  return {
    ...test(
      {
        stable: total((template) => steadyCount(template, 'stable')),
        stableOutside: total((template) => template.stable.outside),
        canary: counted.reduce((sum, { canary }) => sum + canary, 0),
        pods: summed(counted.map(({ pods }) => pods)),
      },
      exposure,
      uneven,
    ),
    novel: templates.every((template) => isAbsent(template, 'stable')),
  };
}

interface Counts {
  readonly stable: number;
  readonly stableOutside: number;
  readonly canary: number;
  readonly pods: Readonly<Record<string, number>>;
}

function test(counts: Counts, exposure: Exposure, { spread, sure }: Unevenness, apart = 0) {
  const stable = { count: counts.stable, exposure: exposure.stable };
  const canary = { count: counts.canary, exposure: exposure.canary };
  const noisy = noisyPod(counts.pods, stable, exposure);
  return {
    stable,
    canary,
    stableOutside: counts.stableOutside,
    pods: counts.pods,
    ratio: rateRatio(stable, canary),
    spread,
    pValue: dispersedRateTest(stable, canary, exposure.unit, spread, apart),
    surePValue: dispersedRateTest(stable, canary, exposure.unit, sure, apart),
    evenPValue: rateTest(stable, canary, exposure.unit),
    ...(noisy === undefined ? {} : { noisyPod: noisy }),
  };
}
