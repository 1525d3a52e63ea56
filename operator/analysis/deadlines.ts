import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Instant } from '../model.ts';
import type { Settings } from './settings.ts';

/** When each part of one analysis has to be over. */
export interface Deadlines {
  /** Creation and `timeoutSeconds`: the verdict has to stand. */
  readonly verdict: Instant;
  /** No more log is read. */
  readonly collected: Instant;
  /** The observation ends. */
  readonly observed: Instant;
  /** Reviewers that have not answered by then count as unavailable. */
  readonly reviewed: Instant;
  /** What cannot be resolved or read by then never will be. */
  readonly readable: Instant;
}

/**
 * The deadlines that follow from creation, start and settings: from the end are kept 1 s for the verdict's write, a tenth
 * of the time (at least 1.5 s) for review, and a fifth (at least 3 s) for reading and review together.
 */
export function deadlinesOf(analysis: CanaryAnalysis, settings: Settings, start: Instant): Deadlines {
  const created = Date.parse(analysis.metadata.creationTimestamp ?? '') || start;
  const verdict = created + settings.timeoutMs;
  return {
    verdict,
    readable: verdict - 1000,
    reviewed: verdict - 1000,
    collected: verdict - Math.max(1500, settings.timeoutMs / 10),
    observed: Math.min(start + settings.waitMs, verdict - Math.max(3000, settings.timeoutMs / 5)),
  };
}
