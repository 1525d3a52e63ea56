import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../../../crds/v1alpha1/labels.ts';
import type { CanaryAnalysisSpec } from '../../../../crds/v1alpha1/spec.ts';
import type { CanaryAnalysisStatus, Condition } from '../../../../crds/v1alpha1/status.ts';
import type { RunView } from '../../../../operator/analysis/analysis-run.ts';
import { type Plan, planFor } from '../../../../operator/analysis/plan.ts';
import { needsRun } from '../../../../operator/analysis/report-plan.ts';
import { settingsOf } from '../../../../operator/analysis/settings.ts';
import { analysis, at, run, T0 } from './builders.ts';

const RUNNING: RunView = { state: 'present', run: run() };
const AWAITED = { [LABEL_AWAITED]: 'true' };

function plan(
  one: CanaryAnalysis,
  given: { run?: RunView; all?: CanaryAnalysis[]; now?: number; historyLimit?: number } = {},
): Plan {
  return planFor({
    analysis: one,
    settings: settingsOf(one.spec, {}),
    run: given.run ?? RUNNING,
    all: given.all ?? [one],
    historyLimit: given.historyLimit ?? 50,
    now: T0 + (given.now ?? 100) * 1000,
  });
}

const ended = (phase: string, metric: object = {}): RunView => ({
  state: 'present',
  run: run({ phase, metricResults: [{ name: 'ai', ...metric }] }),
});

function condition(type: Condition['type'], status: Condition['status'], reason: string): Condition {
  return { type, status, reason, message: '', lastTransitionTime: at(0) };
}

describe('the plan of an analysis without a verdict', () => {
  it('is to judge it', () => {
    expect(plan(analysis())).to.deep.equal({
      work: 'judge',
      release: false,
      expireEvidence: false,
      remove: false,
    });
    expect(plan(analysis(), { run: { state: 'unknown' } }).work).to.equal('judge');
  });

  it('is to close it when it was cancelled, its run ended or went, or a later measurement exists', () => {
    const reasons = [
      plan(analysis({ spec: { cancelled: true } })),
      plan(analysis(), { run: { state: 'gone' } }),
      plan(analysis(), { run: ended('Successful') }),
      plan(analysis(), { all: [analysis(), analysis({ name: 'web-2', ordinal: 2 })] }),
    ].map((one) => one.close?.reason);
    expect(reasons).to.deep.equal(['Cancelled', 'AnalysisRunEnded', 'AnalysisRunEnded', 'Replaced']);
  });

  it('is not moved by a later measurement of another metric, nor by an earlier one', () => {
    const second = analysis({ ordinal: 2 });
    const all = [
      second,
      analysis({ name: 'a', ordinal: 1 }),
      analysis({ name: 'b', metric: 'other', ordinal: 3 }),
    ];
    expect(plan(second, { all }).close).to.equal(undefined);
  });

  it('is nothing while it is being deleted', () => {
    const one = analysis();
    const deleted = { ...one, metadata: { ...one.metadata, deletionTimestamp: at(1) } };
    expect(plan(deleted).work).to.equal(undefined);
  });
});

describe('the plan of an analysis with a verdict', () => {
  const verdict: CanaryAnalysisStatus = {
    verdict: 'Abort',
    reason: 'Regression',
    rollout: 'web',
    completionTime: at(50),
  };
  const done = (
    more: CanaryAnalysisStatus = {},
    spec: CanaryAnalysisSpec = {},
    labels = {},
  ): CanaryAnalysis => analysis({ labels, spec, status: { ...verdict, ...more } });

  it('is to let go of it once its measurement is finished or its run has gone', () => {
    const one = done({}, {}, AWAITED);
    const key = { canaryAnalysis: 'shop/web-1' };
    const stored = (phase: string): RunView => ended('Running', { measurements: [{ phase, metadata: key }] });
    expect(plan(one).release).to.equal(false);
    expect(plan(one, { run: stored('Running') }).release).to.equal(false);
    expect(plan(one, { run: stored('Failed') }).release).to.equal(true);
    expect(plan(one, { run: ended('Failed') }).release).to.equal(true);
    expect(plan(one, { run: { state: 'gone' } }).release).to.equal(true);
    expect(plan(one, { run: { state: 'unknown' } }).release).to.equal(false);
  });

  it('is to delete it when its time is over, unless somebody awaits it', () => {
    const late = { now: 151 };
    const short = { ttlSecondsAfterFinished: 100 };
    expect(plan(done({}, short)).remove).to.equal(false);
    expect(plan(done({}, short)).requeueAfterMs).to.equal(50_000);
    expect(plan(done({}, short), late).remove).to.equal(true);
    expect(plan(done({}, short, AWAITED), late).remove).to.equal(false);
  });

  it('is to delete it when enough newer ones of the same Rollout exist', () => {
    const newer = (name: string, rollout: string): CanaryAnalysis =>
      analysis({ name, status: { ...verdict, rollout, completionTime: at(60) } });
    const all = [done(), newer('a', 'web'), newer('b', 'web'), newer('c', 'another')];
    expect(plan(done(), { all, historyLimit: 3 }).remove).to.equal(false);
    expect(plan(done(), { all, historyLimit: 2 }).remove).to.equal(true);
  });

  it('is to delete its evidence when that expires', () => {
    const evidenceRef = { configMap: 'web-1-evidence', bytes: 1, expires: at(200) };
    const conditions = [condition('EvidenceStored', 'True', 'Stored')];
    expect(plan(done({ evidenceRef, conditions })).expireEvidence).to.equal(false);
    expect(plan(done({ evidenceRef, conditions })).requeueAfterMs).to.equal(100_000);
    expect(plan(done({ evidenceRef, conditions }), { now: 201 }).expireEvidence).to.equal(true);
  });

  it('is to wait for a pending opinion, for as long as the run exists', () => {
    const one = done({ conditions: [condition('Reviewed', 'Unknown', 'Pending')] });
    expect(plan(one, { run: ended('Failed') }).work).to.equal('advise');
    expect(plan(one, { run: { state: 'gone' } }).work).to.equal(undefined);
  });

  describe('that is to be reported', () => {
    const gitHub = { url: 'https://github.com/acme/shop' };
    const both = { ...gitHub, issue: 'OnAbortOrInconclusive' as const };
    const report = (one: CanaryAnalysis, view: RunView): string | undefined => {
      const { report: planned } = plan(one, { run: view });
      return planned?.action === 'skip' ? planned.condition.reason : planned?.action;
    };

    it('waits for the run to fail', () => {
      expect(report(done({}, { gitHub }), RUNNING)).to.equal(undefined);
      expect(report(done({}, { gitHub }), ended('Failed'))).to.equal('post');
      expect(report(done({}, { gitHub }), { state: 'unknown' })).to.equal(undefined);
    });

    it('says why nothing was posted', () => {
      expect(report(done({}, { gitHub }), ended('Successful'))).to.equal('AnalysisRunPassed');
      expect(report(done({}, { gitHub }), ended('Failed', { dryRun: true }))).to.equal('DryRun');
      expect(report(done({}, { gitHub }), { state: 'gone' })).to.equal('AnalysisRunGone');
    });

    it('is posted for an Inconclusive run only where that is asked for', () => {
      const uncertain = { verdict: 'Inconclusive', reason: 'ReviewerUncertain' } as const;
      expect(report(done(uncertain, { gitHub }), ended('Inconclusive'))).to.equal(undefined);
      expect(report(done(uncertain, { gitHub: both }), ended('Inconclusive'))).to.equal('post');
    });

    it('is not posted for an analysis that was only closed, nor without a repository, nor twice', () => {
      const closed = { verdict: 'Inconclusive', reason: 'Cancelled' } as const;
      expect(report(done(closed, { gitHub: both }), ended('Failed'))).to.equal(undefined);
      expect(report(done(), ended('Failed'))).to.equal(undefined);
      const reported = done({ conditions: [condition('Reported', 'True', 'IssueOpened')] }, { gitHub });
      expect(report(reported, ended('Failed'))).to.equal(undefined);
      const retried = done({ conditions: [condition('Reported', 'False', 'Retrying')] }, { gitHub });
      expect(report(retried, ended('Failed'))).to.equal('post');
    });

    it('is posted at once where a person asked', () => {
      expect(report(done({}, { gitHub }), { state: 'none' })).to.equal('post');
    });
  });

  it('asks for the run only where something depends on it', () => {
    const needs = (one: CanaryAnalysis): boolean => needsRun(one, settingsOf(one.spec, {}), []);
    const gitHub = { url: 'https://github.com/acme/shop' };
    expect(needs(analysis())).to.equal(true);
    expect(needs(done({}, {}, AWAITED))).to.equal(true);
    expect(needs(done())).to.equal(false);
    expect(needs(done({}, { gitHub }))).to.equal(true);
    expect(needs(done({ verdict: 'Promote', reason: 'NoRegression' }, { gitHub }))).to.equal(true);
    expect(needs(done({ verdict: 'Promote', reason: 'NoRegression' }))).to.equal(false);
  });
});
