import type { Template } from '../../model.ts';
import type { Comparison } from '../comparison.ts';
import { isAbsent, steadyCount } from '../counts.ts';
import type { JudgeInput } from '../input.ts';
import { isOrdinary } from '../levels.ts';
import { rewordings } from '../vocabulary.ts';
import type { Draft } from './draft.ts';
import { cut, number, quoted, rounded, shownTemplate, times } from './wording.ts';

/** A record is regular where stable logs it in this part of the minutes in which it logs anything. */
export const REGULAR_PART = 0.9;
/** In fewer minutes than this nothing shows itself to be regular. */
export const LEAST_MINUTES = 5;
/** A new record this many times as frequent as the vanished one, or that much rarer, is not it under another name. */
export const OTHER_RECORD_RATIO = 2;

/**
 * Regular records of stable that the canary never logs: Suspicious beyond chance. Regular is what each of stable's pods
 * at work logs, in nearly every minute. A minute counts once however often it is logged in it, so p = (Es / (Es + Ec)) to
 * the power of those minutes, tested at α over all regular records. What is logged instead in like words, or as often,
 * is the same record under another name, and where the vocabulary changed nothing is known to be missing.
 */
export function vanishedHeartbeats(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  const { exposure, vocabularyChanged, suspicionAlpha } = comparison;
  const { templates, work } = input.distilled;
  const minutes = Object.keys(work?.stable ?? {}).length;
  if (vocabularyChanged || minutes < LEAST_MINUTES || exposure.stable <= 0 || exposure.canary <= 0) return [];
  const ordinary = templates.filter(isOrdinary);
  const regular = ordinary.filter((one) => isRegular(one, minutes, comparison));
  const renamed = new Set(rewordings(ordinary).values());
  const fresh = ordinary.filter((one) => isAbsent(one, 'stable') && one.canary.count > 0);
  return regular.flatMap((template) => {
    const { stable } = template;
    if (!isAbsent(template, 'canary') || renamed.has(template)) return [];
    const expected = (steadyCount(template, 'stable') * exposure.canary) / exposure.stable;
    if (fresh.some(({ canary }) => isAsFrequent(canary.count, expected))) return [];
    const seen = Math.min(steadyCount(template, 'stable'), stable.activeMinutes ?? 0);
    const pValue = (exposure.stable / (exposure.stable + exposure.canary)) ** seen;
    if (pValue * regular.length > suspicionAlpha) return [];
    return [
      {
        kind: 'VanishedHeartbeat',
        severity: 'Suspicious',
        message: cut(
          `canary never logs ${quoted(template.text)}; stable did ${times(stable.count)}, in ${number(stable.activeMinutes ?? 0)} of ${number(minutes)} minutes, which makes ${rounded(expected)} for the canary's share of the work`,
        ),
        templateId: template.id,
        template: shownTemplate(template.text),
        stableCount: stable.count,
        canaryCount: 0,
        canaryPods: 0,
        pValueMillionths: Math.round(pValue * 1e6),
        samples: stable.samples.slice(0, 3).map((sample) => cut(sample, 512)),
      },
    ];
  });
}

function isRegular({ stable }: Template, minutes: number, { exposure }: Comparison): boolean {
  const shares = Object.entries(exposure.pods.stable);
  const all = shares.reduce((sum, [, share]) => sum + share, 0);
  const working = shares.filter(([, share]) => share > 0 && share * shares.length * 4 >= all);
  return (
    (stable.activeMinutes ?? 0) >= REGULAR_PART * minutes &&
    working.every(([pod]) => (stable.pods[pod] ?? 0) > 0)
  );
}

function isAsFrequent(count: number, expected: number): boolean {
  return count <= OTHER_RECORD_RATIO * expected && count * OTHER_RECORD_RATIO >= expected;
}
