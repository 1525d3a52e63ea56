import { expect } from 'chai';
import type { Citation, Opinion } from '../../../../crds/v1alpha1/status.ts';
import { decide } from '../../../../operator/judge/index.ts';
import type { Assessed, EffectivePolicy, ReviewOutcome } from '../../../../operator/model.ts';
import { assessed, opinion, policy, suspicion } from './builders.ts';

const checked: Citation[] = [{ id: 'F1', quote: 'upstream timed out', checks: true }];
const unchecked: Citation[] = [{ id: 'F1', quote: 'upstream timed out', checks: false }];

const says = (verdict: Opinion['verdict'], changed: Partial<Opinion> = {}): ReviewOutcome => ({
  kind: 'opinion',
  opinion: opinion(verdict, changed),
  causes: [],
});
const promote = says('Promote');
const unsure = says('Promote', { confidence: 49 });
const abort = says('Abort');
const inconclusive = says('Inconclusive');
const noneAnswered: ReviewOutcome = { kind: 'unavailable', causes: [{ reviewer: 'gemini', message: '429' }] };
const noneConfigured: ReviewOutcome = { kind: 'notConfigured' };

type Row = readonly [
  assessment: Assessed['assessment'],
  review: ReviewOutcome,
  policy: Partial<EffectivePolicy>,
  expected: string,
];

const ROWS: readonly Row[] = [
  ['Blocking', promote, {}, 'Abort BlockingFact'],
  ['Blocking', says('Promote', { citations: checked, ownEvidence: true }), {}, 'Abort BlockingFact'],
  ['Blocking', abort, {}, 'Abort BlockingFact'],
  ['Blocking', inconclusive, {}, 'Abort BlockingFact'],
  ['Blocking', noneAnswered, {}, 'Abort BlockingFact'],
  ['Blocking', noneAnswered, { onReviewerUnavailable: 'Error' }, 'Abort BlockingFact'],
  ['Blocking', noneConfigured, {}, 'Abort BlockingFact'],

  ['Regressed', promote, {}, 'Inconclusive RegressionDisputed'],
  [
    'Regressed',
    says('Promote', { citations: checked, ownEvidence: true }),
    {},
    'Inconclusive RegressionDisputed',
  ],
  ['Regressed', abort, {}, 'Abort Regression'],
  ['Regressed', inconclusive, {}, 'Inconclusive RegressionDisputed'],
  ['Regressed', noneAnswered, {}, 'Abort Regression'],
  ['Regressed', noneAnswered, { onReviewerUnavailable: 'Error' }, 'Abort Regression'],
  ['Regressed', noneConfigured, {}, 'Abort Regression'],

  ['Suspicious', says('Promote', { citations: checked }), {}, 'Promote SuspicionAnswered'],
  ['Suspicious', says('Promote', { citations: checked, confidence: 50 }), {}, 'Promote SuspicionAnswered'],
  ['Suspicious', says('Promote', { citations: checked, confidence: 49 }), {}, 'Inconclusive LowConfidence'],
  ['Suspicious', says('Promote', { citations: unchecked }), {}, 'Inconclusive SuspicionUnanswered'],
  ['Suspicious', promote, {}, 'Inconclusive SuspicionUnanswered'],
  ['Suspicious', says('Promote', { ownEvidence: true }), {}, 'Inconclusive SuspicionUnanswered'],
  ['Suspicious', abort, {}, 'Abort ReviewerAborted'],
  ['Suspicious', inconclusive, {}, 'Inconclusive ReviewerUncertain'],
  ['Suspicious', noneAnswered, {}, 'Inconclusive ReviewerUnavailable'],
  ['Suspicious', noneAnswered, { onReviewerUnavailable: 'Error' }, 'Error ReviewerUnavailable'],
  ['Suspicious', noneAnswered, { onReviewerUnavailable: 'Abort' }, 'Abort ReviewerUnavailable'],
  ['Suspicious', noneAnswered, { onReviewerUnavailable: 'UseFindings' }, 'Inconclusive Suspicion'],
  [
    'Suspicious',
    noneAnswered,
    { onReviewerUnavailable: 'UseFindings', onSuspicion: 'Abort' },
    'Abort Suspicion',
  ],
  ['Suspicious', noneConfigured, {}, 'Inconclusive Suspicion'],
  ['Suspicious', noneConfigured, { onSuspicion: 'Abort' }, 'Abort Suspicion'],

  ['Clean', promote, {}, 'Promote ReviewerAgrees'],
  ['Clean', unsure, {}, 'Inconclusive LowConfidence'],
  ['Clean', unsure, { minConfidence: 40 }, 'Promote ReviewerAgrees'],
  ['Clean', says('Abort', { citations: checked }), {}, 'Abort ReviewerAborted'],
  ['Clean', says('Abort', { ownEvidence: true }), {}, 'Abort ReviewerAborted'],
  ['Clean', says('Abort', { citations: unchecked }), {}, 'Inconclusive UncheckedCitation'],
  ['Clean', abort, {}, 'Inconclusive UncheckedCitation'],
  ['Clean', inconclusive, {}, 'Inconclusive ReviewerUncertain'],
  ['Clean', noneAnswered, {}, 'Inconclusive ReviewerUnavailable'],
  ['Clean', noneAnswered, { onReviewerUnavailable: 'Error' }, 'Error ReviewerUnavailable'],
  ['Clean', noneAnswered, { onReviewerUnavailable: 'Abort' }, 'Abort ReviewerUnavailable'],
  ['Clean', noneAnswered, { onReviewerUnavailable: 'UseFindings' }, 'Promote NoRegression'],
  ['Clean', noneConfigured, {}, 'Promote NoRegression'],

  ['Insufficient', promote, {}, 'Inconclusive InsufficientEvidence'],
  ['Insufficient', promote, { onInsufficientEvidence: 'Abort' }, 'Abort InsufficientEvidence'],
  ['Insufficient', promote, { onInsufficientEvidence: 'Error' }, 'Error InsufficientEvidence'],
  ['Insufficient', says('Abort', { citations: checked }), {}, 'Abort ReviewerAborted'],
  ['Insufficient', says('Abort', { ownEvidence: true }), {}, 'Abort ReviewerAborted'],
  ['Insufficient', abort, {}, 'Inconclusive UncheckedCitation'],
  ['Insufficient', inconclusive, {}, 'Inconclusive InsufficientEvidence'],
  ['Insufficient', inconclusive, { onInsufficientEvidence: 'Error' }, 'Error InsufficientEvidence'],
  ['Insufficient', noneAnswered, {}, 'Inconclusive InsufficientEvidence'],
  ['Insufficient', noneAnswered, { onReviewerUnavailable: 'Error' }, 'Inconclusive InsufficientEvidence'],
  [
    'Insufficient',
    noneAnswered,
    { onReviewerUnavailable: 'UseFindings' },
    'Inconclusive InsufficientEvidence',
  ],
  ['Insufficient', noneAnswered, { onInsufficientEvidence: 'Abort' }, 'Abort InsufficientEvidence'],
  ['Insufficient', noneConfigured, {}, 'Inconclusive InsufficientEvidence'],
  ['Insufficient', noneConfigured, { onInsufficientEvidence: 'Abort' }, 'Abort InsufficientEvidence'],

  ['NoBaseline', promote, {}, 'Inconclusive NoBaseline'],
  ['NoBaseline', promote, { onNoBaseline: 'Error' }, 'Error NoBaseline'],
  ['NoBaseline', says('Abort', { citations: checked }), {}, 'Abort ReviewerAborted'],
  ['NoBaseline', says('Abort', { ownEvidence: true }), {}, 'Abort ReviewerAborted'],
  ['NoBaseline', abort, {}, 'Inconclusive UncheckedCitation'],
  ['NoBaseline', inconclusive, {}, 'Inconclusive NoBaseline'],
  ['NoBaseline', noneAnswered, {}, 'Inconclusive NoBaseline'],
  ['NoBaseline', noneAnswered, { onReviewerUnavailable: 'Abort' }, 'Inconclusive NoBaseline'],
  ['NoBaseline', noneConfigured, {}, 'Inconclusive NoBaseline'],
  ['NoBaseline', noneConfigured, { onNoBaseline: 'Abort' }, 'Abort NoBaseline'],
];

describe('the decision table', () => {
  for (const [assessment, review, changed, expected] of ROWS) {
    const answer = review.kind === 'opinion' ? JSON.stringify(review.opinion) : review.kind;
    it(`decides ${assessment} × ${answer} under ${JSON.stringify(changed)} as ${expected}`, () => {
      const { verdict, reason } = decide(assessed(assessment), review, policy(changed));
      expect(`${verdict} ${reason}`).to.equal(expected);
    });
  }
});

describe('answers to suspicions', () => {
  const warning = suspicion({ id: 'F1', kind: 'NewWarning', templateId: 'T7' });

  it('takes the word of an agent with evidence of its own for warnings', () => {
    const { verdict } = decide(
      assessed('Suspicious', [warning]),
      says('Promote', { ownEvidence: true }),
      policy(),
    );
    expect(verdict).to.equal('Promote');
  });

  it('takes no word of a model for warnings', () => {
    expect(decide(assessed('Suspicious', [warning]), promote, policy()).verdict).to.equal('Inconclusive');
  });

  it('accepts a citation of the template that the finding is about', () => {
    const citations = [{ id: 'T7', quote: 'upstream timed out', checks: true }];
    const { verdict } = decide(assessed('Suspicious', [warning]), says('Promote', { citations }), policy());
    expect(verdict).to.equal('Promote');
  });

  it('wants every suspicious finding answered, and no other', () => {
    const findings = [
      suspicion({ id: 'F1' }),
      suspicion({ id: 'F2', templateId: 'T2' }),
      suspicion({ id: 'F3', templateId: 'T3', severity: 'Info' }),
    ];
    const one = decide(assessed('Suspicious', findings), says('Promote', { citations: checked }), policy());
    expect(one.reason).to.equal('SuspicionUnanswered');
    const citations = [...checked, { id: 'F2', quote: 'upstream timed out', checks: true }];
    const both = decide(assessed('Suspicious', findings), says('Promote', { citations }), policy());
    expect(both.reason).to.equal('SuspicionAnswered');
  });
});

describe('a flood', () => {
  it('is answered by nobody', () => {
    const flood = suspicion({ id: 'F1', kind: 'LogFlood', templateId: 'T7' });
    for (const review of [says('Promote', { citations: checked }), says('Promote', { ownEvidence: true })]) {
      const { verdict, reason } = decide(assessed('Suspicious', [flood]), review, policy());
      expect(`${verdict} ${reason}`).to.equal('Inconclusive SuspicionUnanswered');
    }
  });
});

describe('the words of a decision', () => {
  it('names the cause when no reviewer answered', () => {
    expect(decide(assessed('Clean'), noneAnswered, policy()).message).to.equal(
      'no reviewer gave a valid opinion (gemini: 429); findings: what the evidence says',
    );
  });

  it('has the confidence of whoever decided', () => {
    expect(decide(assessed('Clean'), promote, policy()).confidence).to.equal(80);
    expect(decide(assessed('Clean'), noneConfigured, policy()).confidence).to.equal(93);
  });

  it('keeps within 1,024 characters', () => {
    const long = { ...assessed('Clean'), message: 'm'.repeat(5000) };
    const talkative = says('Promote', { summary: 's'.repeat(5000) });
    for (const review of [talkative, noneAnswered, noneConfigured])
      expect(decide(long, review, policy()).message.length).to.be.within(200, 1024);
  });
});
