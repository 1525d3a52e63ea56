import type { Coverage, SideCoverage } from '../../crds/v1alpha1/status.ts';
import type { Assessed, Distilled, Evidence, Side } from '../model.ts';

/** What was looked at and what was not, from what was read and what the judge made of it; every gap, unshortened. */
export function coverageOf(
  evidence: Evidence,
  distilled: Distilled,
  assessed: Assessed,
): Coverage & { gaps: string[] } {
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
      ...(dropped > 0 ? [`${dropped} lines beyond the limit on templates were not kept (maxTemplates)`] : []),
    ],
  };
}
