import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { Opinion } from '../../../../crds/v1alpha1/status.ts';
import { GitHubError } from '../../../../operator/github/errors.ts';
import type { Reporter } from '../../../../operator/github/index.ts';
import type { Reviewer } from '../../../../operator/review/index.ts';
import { AnalysisLab } from './lab.ts';

const WAIT = { waitSeconds: 20, minPower: 80 };
const GEMINI = [{ gemini: {} }];
const GITHUB = { url: 'https://github.com/acme/shop' };

function condition(analysis: CanaryAnalysis, type: string) {
  return analysis.status?.conditions?.find((one) => one.type === type);
}

/** A reviewer that says what it is told to, when it is told to. */
class ScriptedReviewer implements Reviewer {
  readonly name = 'gemini/scripted';
  readonly ownEvidence = false;
  asked = 0;
  aborted = 0;
  #opinion: Partial<Opinion> | undefined;
  #waiting: (() => void)[] = [];
  #asking = Promise.withResolvers<void>();

  answer(opinion: Partial<Opinion>): void {
    this.#opinion = opinion;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves at the next question. */
  nextQuestion(): Promise<void> {
    this.#asking = Promise.withResolvers<void>();
    return this.#asking.promise;
  }

  async review(_request: unknown, { signal }: { readonly signal: AbortSignal }): Promise<Opinion> {
    this.asked++;
    this.#asking.resolve();
    if (this.#opinion === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal.addEventListener(
        'abort',
        () => {
          this.aborted++;
          resolve();
        },
        { once: true },
      );
      await promise;
      signal.throwIfAborted();
    }
    return { reviewer: this.name, verdict: 'Inconclusive', confidence: 50, ...this.#opinion };
  }
}

const uncalled = (): Promise<never> => Promise.reject(new Error('must not be called'));
const UNCALLED: Reporter = {
  reportIssue: uncalled,
  proposeFix: uncalled,
  issuesToClose: uncalled,
  closeIssue: uncalled,
};

describe('an analysis that the operator does not see through in one go', () => {
  let lab: AnalysisLab;
  before(async () => {
    lab = await AnalysisLab.start();
  });
  after(() => lab.stop());

  it('is taken up again by the next process while it is observed', async () => {
    const deployed = await lab.deploy('observed', {});
    const first = lab.startOperator();
    const { analysis } = await lab.measure(deployed, { observation: WAIT });
    const started = await lab.until(analysis, ({ status }) => status?.canaryHash !== undefined);
    await first.stop();
    const second = lab.startOperator();
    const { status } = await lab.verdict(analysis);
    await second.stop();
    expect(status).to.include({ verdict: 'Promote', startTime: started.status?.startTime, look: 1 });
  });

  it('is decided from the stored evidence when the process ends while a reviewer is asked', async () => {
    const deployed = await lab.deploy('reviewed', {});
    const silent = new ScriptedReviewer();
    const asked = silent.nextQuestion();
    const first = lab.startOperator({ overrides: { createReviewer: () => silent } });
    const { analysis } = await lab.measure(deployed, { observation: WAIT, reviewers: GEMINI });
    await asked;
    const before = await lab.get(analysis);
    expect(condition(before, 'EvidenceStored')?.status).to.equal('True');
    await first.stop();
    expect(silent.aborted).to.equal(1);
    const forbid = lab.lab.server.access.deny({ user: 'operator', resource: 'pods/log' });
    const reviewer = new ScriptedReviewer();
    reviewer.answer({ verdict: 'Promote', confidence: 90 });
    const second = lab.startOperator({ overrides: { createReviewer: () => reviewer } });
    const { status } = await lab.verdict(analysis);
    await second.stop();
    forbid();
    expect(status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees' });
    expect(status?.window).to.deep.equal(before.status?.window);
    expect(reviewer.asked).to.equal(1);
  });

  it('asks no model again once the verdict stands', async () => {
    const deployed = await lab.deploy('settled', {});
    const reviewer = new ScriptedReviewer();
    reviewer.answer({ verdict: 'Promote', confidence: 90 });
    const first = lab.startOperator({ overrides: { createReviewer: () => reviewer } });
    const { analysis } = await lab.measure(deployed, { observation: WAIT, reviewers: GEMINI });
    const decided = await lab.verdict(analysis);
    await first.stop();
    const second = lab.startOperator({ overrides: { createReviewer: () => reviewer } });
    const other = await lab.deploy('settled-too', {});
    await lab.verdict((await lab.measure(other, { observation: WAIT })).analysis);
    await second.stop();
    expect(reviewer.asked).to.equal(1);
    expect((await lab.get(analysis)).status).to.deep.equal(decided.status);
  });

  it('aborts the model call within seconds when it is cancelled', async () => {
    const deployed = await lab.deploy('aborted', {});
    const silent = new ScriptedReviewer();
    const asked = silent.nextQuestion();
    const operator = lab.startOperator({ overrides: { createReviewer: () => silent } });
    const { analysis } = await lab.measure(deployed, { observation: WAIT, reviewers: GEMINI });
    await asked;
    await lab.patch(analysis, { spec: { cancelled: true } });
    const { status } = await lab.verdict(analysis);
    await operator.stop();
    expect(status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
    expect(silent.aborted).to.equal(1);
  });

  it('lets the deadline count a reviewer that does not answer as none', async () => {
    const deployed = await lab.deploy('late', {});
    const silent = new ScriptedReviewer();
    const operator = lab.startOperator({ overrides: { createReviewer: () => silent } });
    const { analysis } = await lab.measure(deployed, {
      observation: WAIT,
      reviewers: GEMINI,
      timeoutSeconds: 10,
    });
    const done = await lab.verdict(analysis);
    await operator.stop();
    expect(done.status).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
    expect(condition(done, 'Reviewed')).to.include({ status: 'False', reason: 'ReviewerUnavailable' });
    expect(done.status?.durationSeconds).to.be.within(5, 60);
  });

  it('gives a blocking fact its verdict first and the opinion afterwards, across a restart', async () => {
    const deployed = await lab.deploy('blocking', { image: 'shop:crash' });
    const silent = new ScriptedReviewer();
    const asked = silent.nextQuestion();
    const first = lab.startOperator({ overrides: { createReviewer: () => silent } });
    const { analysis } = await lab.measure(deployed, { observation: WAIT, reviewers: GEMINI });
    const done = await lab.verdict(analysis);
    expect(done.status).to.include({ verdict: 'Abort', reason: 'BlockingFact' });
    expect(condition(done, 'Reviewed')?.reason).to.equal('Pending');
    await asked;
    await first.stop();
    const reviewer = new ScriptedReviewer();
    reviewer.answer({ verdict: 'Abort', confidence: 80, rootCause: 'The database is missing.' });
    const second = lab.startOperator({ overrides: { createReviewer: () => reviewer } });
    const advised = await lab.until(analysis, (one) => condition(one, 'Reviewed')?.status === 'True');
    await second.stop();
    expect(advised.status?.opinions?.[0]).to.include({
      advisory: true,
      rootCause: 'The database is missing.',
    });
    expect(advised.status?.completionTime).to.equal(done.status?.completionTime);
  });

  it('ends an advisory opinion when the AnalysisRun is deleted', async () => {
    const deployed = await lab.deploy('unadvised', { image: 'shop:crash' });
    const silent = new ScriptedReviewer();
    const asked = silent.nextQuestion();
    const operator = lab.startOperator({ overrides: { createReviewer: () => silent } });
    const { analysis, run } = await lab.measure(deployed, { observation: WAIT, reviewers: GEMINI });
    await asked;
    await lab.deleteRun(run);
    const done = await lab.until(analysis, (one) => condition(one, 'Reviewed')?.status === 'False');
    await operator.stop();
    expect(condition(done, 'Reviewed')?.reason).to.equal('AnalysisRunGone');
    expect(done.status?.verdict).to.equal('Abort');
    expect(silent.aborted).to.equal(1);
  });

  it('is reported once its AnalysisRun has failed, tried again until it succeeds, and never twice', async () => {
    const deployed = await lab.deploy('reported', { env: { FAIL: 'yes' } });
    let calls = 0;
    const reporter: Reporter = {
      ...UNCALLED,
      reportIssue: () => {
        calls++;
        if (calls < 3)
          return Promise.reject(new GitHubError('GITHUB_UNAVAILABLE', 'GitHub asks to wait', {}));
        return Promise.resolve({
          issueURL: 'https://github.com/acme/shop/issues/7',
          action: 'opened',
          seen: 1,
          cause: '0123456789abcdef',
        });
      },
    };
    const operator = lab.startOperator({ overrides: { reporter } });
    const { analysis, run } = await lab.measure(deployed, { observation: WAIT, gitHub: GITHUB });
    const done = await lab.verdict(analysis);
    expect(done.status?.verdict).to.equal('Abort');
    expect(calls).to.equal(0);
    await lab.patchRun(run, { status: { phase: 'Failed' } });
    const reported = await lab.until(analysis, ({ status }) => status?.issueURL !== undefined);
    expect(reported.status).to.include({ verdict: 'Abort', link: 'https://github.com/acme/shop/issues/7' });
    expect(condition(reported, 'Reported')).to.include({ status: 'True' });
    await operator.stop();
    const again = lab.startOperator({ overrides: { reporter } });
    const other = await lab.deploy('reported-too', {});
    await lab.verdict((await lab.measure(other, { observation: WAIT })).analysis);
    await again.stop();
    expect(calls).to.equal(3);
  });

  it('is not reported when its AnalysisRun passes in the end', async () => {
    const deployed = await lab.deploy('forgiven', { env: { FAIL: 'yes' } });
    const operator = lab.startOperator({ overrides: { reporter: UNCALLED } });
    const { analysis, run } = await lab.measure(deployed, { observation: WAIT, gitHub: GITHUB });
    await lab.verdict(analysis);
    await lab.patchRun(run, { status: { phase: 'Successful' } });
    const done = await lab.until(analysis, (one) => condition(one, 'Reported') !== undefined);
    await operator.stop();
    expect(condition(done, 'Reported')).to.include({ status: 'False', reason: 'AnalysisRunPassed' });
  });
});
