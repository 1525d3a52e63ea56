import type { AssessmentName } from '../../crds/v1alpha1/status.ts';

/** What came of asking the reviewers: a column of the table. */
export type Column = 'Promote' | 'Abort' | 'Inconclusive' | 'noneAnswered' | 'noneConfigured';

/**
 * The rule of one cell.
 * - `abortBlocking`, `abortRegressed`: Abort, whatever a reviewer says or does not say.
 * - `pauseDisputed`: Inconclusive: findings and reviewer differ, and a person should look.
 * - `promoteIfConfident`: Promote from `minConfidence` on, else Inconclusive.
 * - `promoteIfAnswered`: the same, and each suspicious finding must be answered.
 * - `abortOnWord`: Abort.
 * - `abortIfShown`: Abort where a citation checks or an agent with evidence of its own says so, else Inconclusive.
 * - `uncertain`: Inconclusive.
 * - `promoteClean`: Promote.
 * - `onReviewerUnavailable` … `onNoBaseline`: what the policy of that name says.
 */
export type Rule =
  | 'abortBlocking'
  | 'abortRegressed'
  | 'pauseDisputed'
  | 'promoteIfConfident'
  | 'promoteIfAnswered'
  | 'abortOnWord'
  | 'abortIfShown'
  | 'uncertain'
  | 'promoteClean'
  | 'onReviewerUnavailable'
  | 'onSuspicion'
  | 'onInsufficientEvidence'
  | 'onNoBaseline';

/** The whole of the decision: assessment × what came of asking the reviewers. Exactly two rows hold a rule that can promote. */
export const DECISION_TABLE: Readonly<Record<AssessmentName, Readonly<Record<Column, Rule>>>> = {
  Blocking: {
    Promote: 'abortBlocking',
    Abort: 'abortBlocking',
    Inconclusive: 'abortBlocking',
    noneAnswered: 'abortBlocking',
    noneConfigured: 'abortBlocking',
  },
  Regressed: {
    Promote: 'pauseDisputed',
    Abort: 'abortRegressed',
    Inconclusive: 'pauseDisputed',
    noneAnswered: 'abortRegressed',
    noneConfigured: 'abortRegressed',
  },
  Suspicious: {
    Promote: 'promoteIfAnswered',
    Abort: 'abortOnWord',
    Inconclusive: 'uncertain',
    noneAnswered: 'onReviewerUnavailable',
    noneConfigured: 'onSuspicion',
  },
  Clean: {
    Promote: 'promoteIfConfident',
    Abort: 'abortIfShown',
    Inconclusive: 'uncertain',
    noneAnswered: 'onReviewerUnavailable',
    noneConfigured: 'promoteClean',
  },
  Insufficient: {
    Promote: 'onInsufficientEvidence',
    Abort: 'abortIfShown',
    Inconclusive: 'onInsufficientEvidence',
    noneAnswered: 'onInsufficientEvidence',
    noneConfigured: 'onInsufficientEvidence',
  },
  NoBaseline: {
    Promote: 'onNoBaseline',
    Abort: 'abortIfShown',
    Inconclusive: 'onNoBaseline',
    noneAnswered: 'onNoBaseline',
    noneConfigured: 'onNoBaseline',
  },
};
