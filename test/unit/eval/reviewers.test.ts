import { expect } from 'chai';
import { honest, worst } from '../../eval/review/doubles.ts';
import type { ReviewedCase } from '../../eval/review/evaluate.ts';
import { evaluateReview } from '../../eval/review/evaluate.ts';
import { reviewReport, reviewTargets } from '../../eval/review/report.ts';
import { doubleReviewer, type Kind, realReviewer } from '../../eval/review/reviewer.ts';
import { syntheticCases } from '../../eval/synthetic/cases.ts';
import { CLASSES } from '../../eval/synthetic/classes.ts';

/** Three cases of a class that is aborted on its findings, as a reviewer leaves them. */
async function reviewed(kind: Kind, answering: typeof honest): Promise<ReviewedCase[]> {
  const made = CLASSES.filter(({ name }) => name === 'rate-x5-from-30');
  const asked = await doubleReviewer(kind, answering);
  try {
    const cases: ReviewedCase[] = [];
    for (const each of made.flatMap((one) => [...syntheticCases('reviewers', one, 3)]))
      cases.push(await evaluateReview(each, kind, asked));
    return cases;
  } finally {
    await asked.close();
  }
}

describe('the evaluation of reviewers', function () {
  this.timeout(60_000);

  for (const kind of ['gemini', 'openai', 'a2a'] as const) {
    it(`asks a double of ${kind} about each case: an honest one aborts, the worst one only pauses`, async () => {
      const [good, bad] = [await reviewed(kind, honest), await reviewed(kind, worst)];
      expect([...good, ...bad].map(({ failure }) => failure)).to.deep.equal(Array(6).fill(undefined));
      expect(good.map(({ verdict }) => verdict)).to.deep.equal(['Abort', 'Abort', 'Abort']);
      expect(bad.map(({ verdict }) => verdict)).to.deep.equal(Array(3).fill('Inconclusive'));
      for (const { citations, validCitations, evidenceTokens, promptTokens } of [...good, ...bad]) {
        expect(citations).to.be.greaterThan(kind === 'a2a' ? -1 : 0);
        expect(validCitations).to.equal(citations);
        expect(evidenceTokens).to.be.within(500, 4000);
        expect(promptTokens).to.be.within(evidenceTokens, 4000);
      }
      expect(reviewTargets(bad).every(({ holds }) => holds)).to.equal(true);
      expect(reviewReport(bad)).to.contain('3  Regressed: Abort became Inconclusive (RegressionDisputed)');
    });
  }

  it('finds a promotion of what has regressed, and a prompt that is too long', () => {
    const one: ReviewedCase = {
      name: 'one',
      class: 'some',
      expected: ['Abort'],
      assessment: 'Regressed',
      alone: 'Abort',
      verdict: 'Promote',
      reason: 'ReviewerAgrees',
      evidenceTokens: 3600,
      promptTokens: 4001,
      citations: 2,
      validCitations: 1,
      ms: 1,
    };
    expect(reviewTargets([one]).map(({ holds }) => holds)).to.deep.equal([false, false]);
    expect(reviewReport([one])).to.match(/^all +1 +1 +0 +1 +1 +0 +1 of 2 \(50 %\) +4001 +4001$/m);
  });

  it('takes a real reviewer only where the environment names one', () => {
    for (const kind of ['gemini', 'openai', 'a2a'] as const)
      expect(realReviewer(kind, {})).to.equal(undefined);
    expect(realReviewer('gemini', { GOOGLE_API_KEY: 'k', GEMINI_MODEL: 'm' })?.reviewer.name).to.equal(
      'gemini/m',
    );
    expect(
      realReviewer('openai', { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_MODEL: 'm' })?.reviewer.name,
    ).to.equal('openAI/m');
    expect(realReviewer('a2a', { K8S_AGENT_URL: 'http://agent:8080' })?.reviewer.name).to.equal(
      'a2a/agent:8080',
    );
  });
});
