import type { Coverage, SideCoverage } from '../../crds/v1alpha1/status.ts';
import type { Side } from '../model.ts';
import type { Judged } from './judge.ts';

/** What was looked at, as a CanaryAnalysis' status has it, unshortened. */
export function coverageOf({ evidence, distilled, assessed }: Judged): Coverage {
  const side = (name: Side): SideCoverage => ({
    podsFound: evidence.read[name].podsFound,
    podsRead: evidence.read[name].podsRead,
    podsReady: evidence[name].pods.filter((pod) => pod.ready && !pod.deleted).length,
    containers: evidence.read[name].containers,
    lines: distilled.lines[name],
    bytes: evidence.read[name].bytes,
    exposure: Math.round(assessed.exposure[name]),
  });
  const dropped = distilled.overflow.stable + distilled.overflow.canary;
  return {
    stable: side('stable'),
    canary: side('canary'),
    exposureUnit: assessed.exposureUnit,
    power: Math.round(assessed.power),
    baseline: evidence.baseline,
    redactions: distilled.redactions,
    gaps: [
      ...evidence.gaps,
      ...(dropped > 0 ? [`${dropped} records beyond the limit on templates were not kept`] : []),
    ],
  };
}
