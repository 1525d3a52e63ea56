import { expect } from 'chai';
import fc from 'fast-check';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus, Verdict } from '../../../../crds/v1alpha1/status.ts';
import { decided, refused, running } from '../../../../plugin/provider/outcome.ts';

const BEGUN = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-01-01T00:01:00Z');
const STARTED = running({ namespace: 'shop', name: 'web-1', uid: 'u1' }, BEGUN);

function analysis(status: CanaryAnalysisStatus): CanaryAnalysis {
  return { metadata: { namespace: 'shop', name: 'web-1', uid: 'u1' }, spec: {}, status };
}

describe('the measurement of an analysis', () => {
  it('begins running, says where its analysis is, and sets no time to resume at', () => {
    expect(STARTED.phase).to.equal('Running');
    expect(STARTED.startedAt?.toDate()).to.deep.equal(BEGUN);
    expect([...(STARTED.metadata ?? [])]).to.deep.equal([
      ['canaryAnalysis', 'shop/web-1'],
      ['uid', 'u1'],
    ]);
    expect(STARTED).not.to.have.any.keys('resumeAt', 'finishedAt');
  });

  const cases: [Verdict, number | undefined, string, string][] = [
    ['Promote', 87, 'Successful', '0.87'],
    ['Promote', 100, 'Successful', '1.00'],
    ['Promote', undefined, 'Successful', '0.00'],
    ['Abort', 99, 'Failed', '0'],
    ['Inconclusive', 40, 'Inconclusive', ''],
    ['Error', undefined, 'Error', ''],
  ];
  for (const [verdict, confidence, phase, value] of cases) {
    it(`is ${phase} with value "${value}" for ${verdict} at ${confidence ?? 'no'} confidence`, () => {
      const status = { verdict, ...(confidence === undefined ? {} : { confidence }) };
      const final = decided(STARTED, analysis(status), NOW);
      expect(final?.phase).to.equal(phase);
      expect(final?.value).to.equal(value);
      expect(final?.finishedAt?.toDate()).to.deep.equal(NOW);
      expect(final?.startedAt).to.equal(STARTED.startedAt);
    });
  }

  it('is not there before the verdict', () => {
    expect(decided(STARTED, analysis({ startTime: 'x' }), NOW)).to.equal(undefined);
    expect(decided(STARTED, { metadata: { name: 'web-1' }, spec: {} }, NOW)).to.equal(undefined);
  });

  it('carries the operator’s message and the facts a person looks for', () => {
    const final = decided(
      STARTED,
      analysis({
        verdict: 'Abort',
        reason: 'Regression',
        message: 'Errors rose from 0 to 41 a minute.',
        confidence: 96,
        link: 'https://github.com/acme/shop/issues/7',
        opinions: [
          { reviewer: 'gemini/late', verdict: 'Abort', confidence: 1, advisory: true },
          { reviewer: 'a2a/agent', verdict: 'Abort', confidence: 90 },
        ],
      }),
      NOW,
    );
    expect(final?.message).to.equal('Errors rose from 0 to 41 a minute.');
    expect(Object.fromEntries(final?.metadata ?? [])).to.deep.equal({
      canaryAnalysis: 'shop/web-1',
      uid: 'u1',
      verdict: 'Abort',
      reason: 'Regression',
      confidence: '96',
      link: 'https://github.com/acme/shop/issues/7',
      reviewer: 'a2a/agent',
    });
  });

  it('never has more than 4 KiB of metadata nor more than 1024 characters of message', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 3000 });
    fc.assert(
      fc.property(text, text, text, text, (message, link, issueURL, pullRequestURL) => {
        const final = decided(
          STARTED,
          analysis({ verdict: 'Abort', reason: 'Regression', message, link, issueURL, pullRequestURL }),
          NOW,
        );
        const bytes = [...(final?.metadata ?? [])].reduce(
          (sum, pair) => sum + Buffer.byteLength(pair.join('')),
          0,
        );
        expect(bytes).to.be.at.most(4096);
        expect(final?.message?.length).to.be.at.most(1024);
        expect(final?.metadata?.get('verdict')).to.equal('Abort');
      }),
    );
  });

  it('can end without a verdict, with the reason why', () => {
    const final = refused(STARTED, 'Error', { reason: 'AnalysisDeleted', message: 'It was deleted.' }, NOW);
    expect(final.phase).to.equal('Error');
    expect(final.message).to.equal('It was deleted.');
    expect(final.metadata?.get('reason')).to.equal('AnalysisDeleted');
    expect(final.metadata?.get('canaryAnalysis')).to.equal('shop/web-1');
  });
});
