import type { Reason } from '../../crds/reasons.ts';
import type { Opinion, Verdict } from '../../crds/v1alpha1/status.ts';
import type { Assessed, Decision, EffectivePolicy, ReviewOutcome } from '../model.ts';
import { type Column, DECISION_TABLE, type Rule } from './decision-table.ts';
import { cut } from './findings/wording.ts';
import { isAnswered } from './suspicion-answered.ts';

/**
 * The verdict for an assessment, what came of asking the reviewers, and the policy. Pure.
 * The citations of an opinion must have been checked.
 */
export function decide(assessed: Assessed, review: ReviewOutcome, policy: EffectivePolicy): Decision {
  const column = columnOf(review, assessed, policy);
  const ruling = apply(DECISION_TABLE[assessed.assessment][column], { assessed, review, policy });
  return { ...ruling, message: cut(ruling.message) };
}

/** `UseFindings` reads the last column where the findings would have waited for a reviewer. */
function columnOf(review: ReviewOutcome, { assessment }: Assessed, policy: EffectivePolicy): Column {
  if (review.kind === 'opinion') return review.opinion.verdict;
  if (review.kind === 'notConfigured') return 'noneConfigured';
  const waits = DECISION_TABLE[assessment].noneAnswered === 'onReviewerUnavailable';
  return waits && policy.onReviewerUnavailable === 'UseFindings' ? 'noneConfigured' : 'noneAnswered';
}

interface Case {
  readonly assessed: Assessed;
  readonly review: ReviewOutcome;
  readonly policy: EffectivePolicy;
}

function apply(rule: Rule, given: Case): Decision {
  const { assessed, review, policy } = given;
  const opinion = review.kind === 'opinion' ? review.opinion : undefined;
  const byFindings = (verdict: Verdict, reason: Reason): Decision => ({
    verdict,
    reason,
    message: assessed.message,
    confidence: assessed.confidence,
  });
  const byReviewer = (verdict: Verdict, reason: Reason, note: string): Decision => ({
    verdict,
    reason,
    message: `${note}; findings: ${assessed.message}`,
    confidence: opinion?.confidence ?? 0,
  });
  const said = opinion === undefined ? 'no reviewer answered' : words(opinion);
  switch (rule) {
    case 'abortBlocking':
      return byFindings('Abort', 'BlockingFact');
    case 'abortRegressed':
      return { ...byFindings('Abort', 'Regression'), message: seconded(assessed, opinion) };
    case 'pauseDisputed':
      return {
        ...byFindings('Inconclusive', 'RegressionDisputed'),
        message: `${cut(assessed.message, 700)}; but ${said}`,
      };
    case 'promoteIfConfident':
      return isConfident(opinion, policy)
        ? byReviewer('Promote', 'ReviewerAgrees', said)
        : byReviewer('Inconclusive', 'LowConfidence', `${said}, ${policy.minConfidence} % is asked for`);
    case 'promoteIfAnswered':
      if (!isConfident(opinion, policy))
        return byReviewer('Inconclusive', 'LowConfidence', `${said}, ${policy.minConfidence} % is asked for`);
      return opinion !== undefined && isAnswered(assessed, opinion)
        ? byReviewer('Promote', 'SuspicionAnswered', said)
        : byReviewer(
            'Inconclusive',
            'SuspicionUnanswered',
            `${said}, but leaves a suspicious finding without an answer that checks`,
          );
    case 'abortOnWord':
      return byReviewer('Abort', 'ReviewerAborted', said);
    case 'abortIfShown':
      return isShown(opinion)
        ? byReviewer('Abort', 'ReviewerAborted', said)
        : byReviewer(
            'Inconclusive',
            'UncheckedCitation',
            `${said}, but cites nothing that is in the evidence`,
          );
    case 'uncertain':
      return byReviewer('Inconclusive', 'ReviewerUncertain', said);
    case 'promoteClean':
      return byFindings('Promote', 'NoRegression');
    case 'onReviewerUnavailable':
      return unavailable(given);
    case 'onSuspicion':
      return byFindings(policy.onSuspicion, 'Suspicion');
    case 'onInsufficientEvidence':
      return byFindings(policy.onInsufficientEvidence, 'InsufficientEvidence');
    case 'onNoBaseline':
      return byFindings(policy.onNoBaseline, 'NoBaseline');
  }
}

/** `UseFindings` never comes here: {@link columnOf} has read another column. */
function unavailable({ assessed, review, policy }: Case): Decision {
  const causes = review.kind === 'unavailable' ? review.causes : [];
  const why = causes.map(({ reviewer, message }) => `${reviewer}: ${message}`).join('; ');
  const verdict = policy.onReviewerUnavailable;
  return {
    verdict: verdict === 'UseFindings' ? 'Inconclusive' : verdict,
    reason: 'ReviewerUnavailable',
    message: `no reviewer gave a valid opinion${why === '' ? '' : ` (${cut(why, 500)})`}; findings: ${assessed.message}`,
    confidence: 0,
  };
}

function isConfident(opinion: Opinion | undefined, policy: EffectivePolicy): boolean {
  return opinion !== undefined && opinion.confidence >= policy.minConfidence;
}

function isShown(opinion: Opinion | undefined): boolean {
  if (opinion === undefined) return false;
  return opinion.ownEvidence === true || (opinion.citations ?? []).some(({ checks }) => checks);
}

function seconded(assessed: Assessed, opinion: Opinion | undefined): string {
  return opinion === undefined ? assessed.message : `${cut(assessed.message, 700)}; ${words(opinion)}`;
}

function words({ reviewer, verdict, confidence, summary, rootCause }: Opinion): string {
  const why = verdict === 'Promote' ? summary : (rootCause ?? summary);
  return `${reviewer} says ${verdict} with confidence ${confidence}${why === undefined || why === '' ? '' : `: ${cut(why.replace(/\s+/g, ' ').trim(), 300)}`}`;
}
