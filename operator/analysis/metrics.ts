import type { Registry } from 'prom-client';
import type { Verdict } from '../../crds/v1alpha1/status.ts';
import { metersOf } from '../kernel/meters.ts';
import type { CircuitCount } from '../review/index.ts';

/** What came of asking one reviewer. */
export type ReviewResult = 'promote' | 'abort' | 'inconclusive' | 'failed';

/** What is counted of analyses; every label has few values. */
export interface AnalysisMetrics {
  /** @param seconds from creation to the verdict */
  verdict(verdict: Verdict, reason: string, seconds: number): void;
  /** @param kind `gemini`, `openAI` or `a2a` */
  review(kind: string, result: ReviewResult): void;
  /** How long an opinion took. */
  reviewed(kind: string, seconds: number): void;
  /** What answers cost, those that were no opinion included. */
  tokens(kind: string, used: { readonly inputTokens: number; readonly outputTokens: number }): void;
  /** @param result the reason of the `Reported` condition */
  report(result: string): void;
  /** Called once. @param counts how many models and agents are in which state of their circuit; asked at each scrape */
  circuits(counts: () => readonly CircuitCount[]): void;
  /** Called once. @param count how many analyses are on their way to a verdict or an opinion; asked at each scrape */
  inFlight(count: () => number): void;
}

/** Counts nothing. */
export const NO_METRICS: AnalysisMetrics = {
  verdict() {},
  review() {},
  reviewed() {},
  tokens() {},
  report() {},
  circuits() {},
  inFlight() {},
};

const VERDICTS: readonly Verdict[] = ['Promote', 'Abort', 'Inconclusive', 'Error'];
const DURATION_SECONDS = [1, 2, 5, 10, 20, 30, 60, 90, 120, 180, 300, 600, 1200, 3600];
const REVIEW_SECONDS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];

/** Registers the metrics of analyses. */
export function analysisMetrics(registry: Registry): AnalysisMetrics {
  const { counter, gauge, histogram } = metersOf(registry);
  const verdicts = counter('canary_analysis_verdicts_total', 'Verdicts written, by verdict and reason.', [
    'verdict',
    'reason',
  ]);
  const duration = histogram(
    'canary_analysis_duration_seconds',
    'Time from the creation of an analysis to its verdict.',
    ['verdict'],
    DURATION_SECONDS,
  );
  const reviews = counter(
    'canary_analysis_reviews_total',
    'Reviewers asked, by kind and what came of it; failed: no valid opinion.',
    ['kind', 'result'],
  );
  const reviewSeconds = histogram(
    'canary_analysis_review_duration_seconds',
    'How long reviewers that answered took.',
    ['kind'],
    REVIEW_SECONDS,
  );
  const tokens = counter(
    'canary_analysis_review_tokens_total',
    'Tokens that reviewers reported, by direction: input or output.',
    ['kind', 'direction'],
  );
  const reports = counter(
    'canary_analysis_reports_total',
    'Reports to GitHub tried or skipped, by the reason of the Reported condition.',
    ['result'],
  );
  for (const verdict of VERDICTS) duration.zero({ verdict });
  return {
    verdict(verdict, reason, seconds) {
      verdicts.inc({ verdict, reason });
      duration.observe({ verdict }, seconds);
    },
    review: (kind, result) => reviews.inc({ kind, result }),
    reviewed: (kind, seconds) => reviewSeconds.observe({ kind }, seconds),
    tokens(kind, { inputTokens, outputTokens }) {
      tokens.inc({ kind, direction: 'input' }, inputTokens);
      tokens.inc({ kind, direction: 'output' }, outputTokens);
    },
    report: (result) => reports.inc({ result }),
    circuits(counts) {
      gauge(
        'canary_analysis_reviewer_circuits',
        'Models and agents asked, by kind and state of their circuit: closed, halfOpen, or open (not asked for a while).',
        ['kind', 'state'],
        (circuits) => {
          circuits.reset();
          for (const { kind, state, count } of counts()) circuits.set({ kind, state }, count);
        },
      );
    },
    inFlight(count) {
      gauge(
        'canary_analysis_in_flight',
        'Analyses on their way to a verdict or an opinion.',
        [],
        (analyses) => analyses.set(count()),
      );
    },
  };
}
