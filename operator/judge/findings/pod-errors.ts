import type { Template } from '../../model.ts';
import type { Compared, Comparison } from '../comparison.ts';
import { steadyByPod } from '../counts.ts';
import type { JudgeInput } from '../input.ts';
import { isError } from '../levels.ts';
import { busyPods, MANY_PODS } from '../noisy-pod.ts';
import { passesEffectGate } from '../regressed-test.ts';
import { holm } from '../statistics/multiple-testing.ts';
import { dispersedRateTest, rateRatio } from '../statistics/rate-test.ts';
import type { Draft } from './draft.ts';
import { cut, number, rounded, samplesOf, times } from './wording.ts';

/**
 * One canary pod of many that logs far more errors than its share: Suspicious, for among its healthy fellows it is
 * lost in the sum. Each pod is compared with the whole of stable, by the test and effect gate of a regression at
 * the α of this look, corrected by Holm over the pods: those at work with what they did, and those that log errors but do
 * little or no work with a fair share of it, for a pod that fails wholly does none. Nothing where the whole side regressed.
 */
export function podErrors(
  input: JudgeInput,
  { exposure, pooledErrors, alpha }: Comparison,
): readonly Draft[] {
  const counts = steadyByPod(input.distilled.templates.filter(isError), 'canary');
  const pods = busyPods(exposure, counts);
  if (pods.length < MANY_PODS || isOfAll(pooledErrors)) return [];
  const whole = Object.values(exposure.pods.canary).reduce((sum, share) => sum + share, 0);
  const tested = pods.map(({ name, share }) => {
    const canary = { count: counts[name] ?? 0, exposure: Math.round((exposure.canary * share) / whole) };
    const pValue = dispersedRateTest(pooledErrors.stable, canary, exposure.unit, pooledErrors.spread);
    return { name, canary, pValue };
  });
  const adjusted = holm(tested.map(({ pValue }) => pValue));
  return tested.flatMap(({ name, canary, pValue }, i) => {
    const { stable } = pooledErrors;
    if ((adjusted[i] ?? 1) > alpha || !passesEffectGate(stable, canary)) return [];
    const ratio = rateRatio(stable, canary);
    const against = Number.isFinite(ratio)
      ? `${rounded(ratio)} times stable's rate`
      : 'stable logs none at all';
    return [
      {
        kind: 'PodErrors',
        severity: 'Suspicious',
        message: cut(
          `pod ${name}, one of ${number(pods.length)} canary pods, logs errors ${times(canary.count)}; ${against}`,
        ),
        stableCount: stable.count,
        canaryCount: canary.count,
        canaryPods: 1,
        pValueMillionths: Math.round(pValue * 1e6),
        samples: samplesOf(mostOftenIn(name, input)),
      },
    ];
  });
}

function mostOftenIn(pod: string, { distilled }: JudgeInput): readonly Template[] {
  const of = ({ canary }: Template) => canary.pods[pod] ?? 0;
  return distilled.templates.filter((one) => isError(one) && of(one) > 0).sort((a, b) => of(b) - of(a));
}

function isOfAll({ noisyPod, stable, canary }: Compared): boolean {
  return noisyPod === undefined && passesEffectGate(stable, canary);
}
