import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Instant } from '../model.ts';

/** What the other analyses of a Rollout tell of this one. */
export interface Look {
  /** Which look at this revision this is, counted from 1. */
  readonly look: number;
  /** Where the previous analysis of the same metric stopped looking. */
  readonly previousEnd?: Instant;
}

/**
 * Counts the analyses of one Rollout and canary hash in the order of their creation, and finds where the last one of
 * the same metric ended. Those that never took evidence count as looks, too: the number must not depend on when it is asked.
 */
export function lookOf(
  analysis: CanaryAnalysis,
  subject: { readonly rollout?: string; readonly canaryHash?: string },
  all: readonly CanaryAnalysis[],
): Look {
  if (subject.rollout === undefined || subject.canaryHash === undefined) return { look: 1 };
  const earlier = all.filter(
    (other) =>
      other.metadata.namespace === analysis.metadata.namespace &&
      other.metadata.uid !== analysis.metadata.uid &&
      isAbout(other, subject, analysis) &&
      created(other, analysis) < 0,
  );
  const ends = earlier
    .filter((other) => other.spec.measurement?.metric === analysis.spec.measurement?.metric)
    .flatMap((other) => other.status?.window?.end ?? [])
    .map((end) => Date.parse(end));
  return {
    // Those that the history limit has deleted are counted by those that came after them.
    look: Math.max(earlier.length, ...earlier.map(({ status }) => status?.look ?? 0)) + 1,
    ...(ends.length === 0 ? {} : { previousEnd: Math.max(...ends) }),
  };
}

/** An analysis that was created a moment ago may have no status yet; its spec tells enough where it is of the same run. */
function isAbout(
  other: CanaryAnalysis,
  subject: { readonly rollout?: string; readonly canaryHash?: string },
  analysis: CanaryAnalysis,
): boolean {
  const { status, spec } = other;
  if (status?.canaryHash !== undefined) {
    return status.rollout === subject.rollout && status.canaryHash === subject.canaryHash;
  }
  const { measurement } = analysis.spec;
  return (
    (spec.rolloutRef?.name === subject.rollout ||
      (measurement !== undefined && spec.measurement?.analysisRunUID === measurement.analysisRunUID)) &&
    spec.measurement?.podTemplateHash === subject.canaryHash
  );
}

/** Whether a later measurement of the same AnalysisRun and metric has been asked for. */
export function isReplaced(analysis: CanaryAnalysis, all: readonly CanaryAnalysis[]): boolean {
  const { measurement } = analysis.spec;
  if (measurement === undefined) return false;
  return all.some(({ metadata, spec: { measurement: other } }) => {
    if (other === undefined || metadata.namespace !== analysis.metadata.namespace) return false;
    return (
      other.analysisRunUID === measurement.analysisRunUID &&
      other.metric === measurement.metric &&
      other.ordinal > measurement.ordinal
    );
  });
}

/** The analyses of the same AnalysisRun and metric that a newer ordinal leaves behind. */
export function leftBehindBy(analysis: CanaryAnalysis, all: readonly CanaryAnalysis[]): CanaryAnalysis[] {
  return all.filter((other) => other.status?.verdict === undefined && isReplaced(other, [analysis]));
}

/** Creation has whole seconds; names settle the rest. */
function created(a: CanaryAnalysis, b: CanaryAnalysis): number {
  const at = (analysis: CanaryAnalysis): string => analysis.metadata.creationTimestamp ?? '';
  if (at(a) !== at(b)) return at(a) < at(b) ? -1 : 1;
  const ordinals = (a.spec.measurement?.ordinal ?? 0) - (b.spec.measurement?.ordinal ?? 0);
  return ordinals !== 0 ? ordinals : a.metadata.name < b.metadata.name ? -1 : 1;
}
