import { expect } from 'chai';
import { AnalysisLab } from './lab.ts';

/** No second look at the pods within any test: only a watch tells of what happens to them. */
const NO_POLLS = {
  pollMs: 600_000,
  relistMs: 600_000,
  startUpMs: 500,
  minWatchMs: 2000,
  firstTrialMs: 600_000,
  settleMs: 300,
  reportRetryMs: 100,
};
const PATIENT = { observation: { waitSeconds: 300 }, timeoutSeconds: 600 };

describe('the observation of an analysis', () => {
  let lab: AnalysisLab;
  before(async () => {
    lab = await AnalysisLab.start();
  });
  after(() => lab.stop());

  it('ends as soon as a watch tells of a blocking fact, without a look at the pods', async () => {
    const operator = lab.startOperator({ timings: NO_POLLS });
    const { analysis } = await lab.measure(await lab.deploy('watched', { image: 'shop:crash' }), PATIENT);
    const { status } = await lab.verdict(analysis);
    await operator.stop();
    expect(status).to.include({ verdict: 'Abort', reason: 'BlockingFact' });
    expect(status?.durationSeconds).to.be.lessThan(30);
  });

  it('looks at the pods itself where it may not watch them', async () => {
    const allow = lab.lab.server.access.deny({ user: 'operator', verb: 'watch', resource: 'pods' });
    const operator = lab.startOperator();
    const { analysis } = await lab.measure(await lab.deploy('unwatched', { image: 'shop:crash' }), PATIENT);
    const { status } = await lab.verdict(analysis);
    await operator.stop();
    allow();
    expect(status).to.include({ verdict: 'Abort', reason: 'BlockingFact' });
  });
});
