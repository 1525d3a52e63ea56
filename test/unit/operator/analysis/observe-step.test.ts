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

  it('goes on to its end while there is a suspicion, and ends early once the canary is clean', async () => {
    const operator = lab.startOperator();
    const judged = async (name: string, env: Record<string, string>, waitSeconds: number) => {
      const deployed = await lab.deploy(name, { env });
      const { analysis } = await lab.measure(deployed, { observation: { waitSeconds, minPower: 80 } });
      return (await lab.verdict(analysis)).status;
    };
    const slow = await judged('slow', { SLOW: 'yes' }, 8);
    const clean = await judged('clean', {}, 300);
    await operator.stop();
    expect(slow).to.include({ assessment: 'Suspicious', verdict: 'Inconclusive' });
    expect(slow?.coverage?.power).to.be.at.least(80);
    expect(slow?.durationSeconds).to.be.at.least(8);
    expect(clean).to.include({ assessment: 'Clean', verdict: 'Promote' });
    expect(clean?.durationSeconds).to.be.lessThan(60);
  });
});
