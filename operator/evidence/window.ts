import type { Instant, Interval } from '../model.ts';

/** What a canary's window follows from. */
export interface WindowFacts {
  /** When the evidence ends. */
  readonly now: Instant;
  readonly lookbackMs: number;
  /** The start of the canary's first pod, where there is one. */
  readonly firstStart?: Instant;
  /** Where the previous analysis of the same metric and revision stopped looking: windows do not overlap. */
  readonly previousEnd?: Instant;
}

/** What is read on which side. */
export interface EvidenceWindow {
  /** What rates are taken from: the same clock time on both sides. */
  readonly interval: Interval;
  /** Since when stable is read: what is older than the interval is known, not counted. */
  readonly stableSince: Instant;
}

/**
 * The window of an analysis: from the latest of the start of the canary's first pod, the end of the previous analysis and
 * the look-back, to now.
 */
export function evidenceWindow(facts: WindowFacts): EvidenceWindow {
  const { now, lookbackMs, firstStart, previousEnd } = facts;
  const since = now - lookbackMs;
  const from = Math.min(now, Math.max(since, firstStart ?? since, previousEnd ?? since));
  return { interval: { from, to: now }, stableSince: since };
}
