import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { allMeasurements, analysis, canary, NAME, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

const OBSERVATION = { observation: { waitSeconds: 30 } };
const HEALTH_CHECK = 'Kubernetes Agent health check failed: agent health check failed';

/** The agent mode of the first dialect; Gemini answers for a namespace as the model of its name. */
const agentMode = ({ namespace }: Shop) => ({
  ...OBSERVATION,
  analysisMode: 'agent',
  namespace,
  podName: `${NAME}-0`,
  model: namespace,
});

/** The second dialect, with `canary-analysis agent`. */
const ownAgent = ({ stage }: Shop) => ({
  ...OBSERVATION,
  agentUrl: stage.agent.url,
  stableLabel: `app=${NAME}`,
  canaryLabel: `app=${NAME}`,
});

/** What a model or an agent says decides as the table says, and an agent that has been scaled to zero decides nothing. */
export function reviews(story: Scenario): void {
  story('promotes a fit canary that Gemini finds fit', async (shop) => {
    const { reviewer } = shop.stage;
    reviewer.decide(shop.namespace, 'Promote');
    await shipped(shop, { ...OBSERVATION, ...reviewer.model(shop.namespace) });
    await shop.untilPhase('Healthy');
    const { run, analysis: judged } = await shop.outcome();
    expect(run.status?.phase).to.equal('Successful');
    expect(judged.status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees', confidence: 90 });
    expect(judged.status?.opinions?.[0]?.reviewer).to.equal(`gemini/${shop.namespace}`);
    expect(allMeasurements(run)[0]).to.include({ value: '0.90', message: judged.status?.message });
    expect(reviewer.questions(shop.namespace)).to.have.lengthOf(1);
  });

  story('aborts a canary that answers 500s and that Gemini aborts, in both their words', async (shop) => {
    const { reviewer } = shop.stage;
    reviewer.decide(shop.namespace, 'Abort');
    const before = await shipped(shop, { ...OBSERVATION, ...reviewer.model(shop.namespace) }, 'orders');
    const { status } = await shop.untilPhase('Degraded');
    expect(status).to.include({ abort: true, stableRS: before });
    const { run, analysis: judged } = await shop.outcome();
    expect(run.status?.phase).to.equal('Failed');
    expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed', reason: 'Regression' });
    expect(judged.status?.message).to.contain(`gemini/${shop.namespace} says Abort with confidence 90`);
    expect(allMeasurements(run)[0]).to.include({ value: '0', message: judged.status?.message });
  });

  story('promotes a fit canary that canary-analysis agent finds fit', async (shop) => {
    await agentOf(shop, 1);
    await shipped(shop, ownAgent(shop));
    await shop.untilPhase('Healthy');
    const { run, analysis: judged } = await shop.outcome();
    expect(run.status?.phase).to.equal('Successful');
    expect(judged.status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees', assessment: 'Clean' });
    const [opinion] = judged.status?.opinions ?? [];
    expect(opinion).to.include({ ...byAgent(shop), verdict: 'Promote' });
    expect(allMeasurements(run)[0]).to.include({
      value: ((judged.status?.confidence ?? 0) / 100).toFixed(2),
      message: judged.status?.message,
    });
    expect(await toldByAgent(shop)).to.deep.equal(['Promote']);
  });

  story('aborts a canary that answers 500s and that canary-analysis agent aborts', async (shop) => {
    await agentOf(shop, 1);
    const before = await shipped(shop, ownAgent(shop), 'orders');
    const { status } = await shop.untilPhase('Degraded');
    expect(status).to.include({ abort: true, stableRS: before });
    const { run, analysis: judged } = await shop.outcome();
    expect(run.status?.phase).to.equal('Failed');
    expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed', reason: 'Regression' });
    expect(judged.status?.opinions?.[0]).to.include({ ...byAgent(shop), verdict: 'Abort' });
    expect(judged.status?.message).to.contain(`${byAgent(shop).reviewer} says Abort with confidence`);
    expect(allMeasurements(run)[0]).to.include({ value: '0', message: judged.status?.message });
    expect(await toldByAgent(shop)).to.deep.equal(['Abort']);
  });

  story(
    'is an Error in the second dialect while the agent is scaled to zero, and promotes nothing',
    async (shop) => {
      await agentOf(shop, 0);
      const before = await shipped(shop, ownAgent(shop));
      const { status } = await shop.untilPhase('Degraded');
      expect(status).to.include({ abort: true, stableRS: before });
      const [run] = await shop.analysisRuns();
      expect(run?.status?.phase).to.equal('Error');
      for (const { phase, message } of run === undefined ? [] : allMeasurements(run)) {
        expect(phase).to.equal('Error');
        expect(message).to.contain(`${HEALTH_CHECK} at ${shop.stage.agent.url}`);
      }
      for (const { status: judged } of await shop.analyses())
        expect(judged).to.include({ verdict: 'Error', reason: 'ReviewerUnavailable', assessment: 'Clean' });
    },
  );

  story('falls back to Gemini in the first dialect while the agent is scaled to zero', async (shop) => {
    await agentOf(shop, 0);
    shop.stage.reviewer.decide(shop.namespace, 'Promote');
    await shipped(shop, agentMode(shop));
    await shop.untilPhase('Healthy');
    const { analysis: judged } = await shop.outcome();
    expect(judged.status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees' });
    expect(judged.status?.opinions?.map(({ reviewer }) => reviewer)).to.deep.equal([
      `gemini/${shop.namespace}`,
    ]);
    expect(reviewed(judged)).to.contain('Asked before: ').and.to.contain(HEALTH_CHECK);
  });

  story('falls back to the policy in the first dialect when Gemini refuses, too', async (shop) => {
    await agentOf(shop, 0);
    shop.stage.reviewer.decide(shop.namespace, 'Refuse');
    const before = await shipped(shop, agentMode(shop));
    const { status } = await shop.untilPhase('Paused');
    expect(status?.stableRS, 'nothing is promoted').to.equal(before);
    const { run, analysis: judged } = await shop.outcome();
    expect(run.status?.phase).to.equal('Inconclusive');
    expect(judged.status).to.include({
      verdict: 'Inconclusive',
      reason: 'ReviewerUnavailable',
      assessment: 'Clean',
    });
    expect(reviewed(judged)).to.contain(HEALTH_CHECK).and.to.contain('authentication failed');
  });
}

/** Sees to it that the agent may look at the shop, has run, and has so many pods now. */
async function agentOf({ stage, namespace, signal }: Shop, replicas: 0 | 1): Promise<void> {
  await stage.agent.install(namespace);
  await stage.agent.scale(1, signal);
  if (replicas === 0) await stage.agent.scale(0, signal);
}

/** How an opinion of the agent is marked. */
function byAgent({ stage }: Shop) {
  return { reviewer: `a2a/${new URL(stage.agent.url).host}`, ownEvidence: true };
}

/** The verdicts that the agent says it has given on a shop. */
async function toldByAgent({ stage, namespace }: Shop): Promise<unknown[]> {
  const told = await stage.agent.log();
  return told
    .filter((line) => line['message'] === 'Analysis finished' && line['namespace'] === namespace)
    .map((line) => line['verdict']);
}

/** Begins with revision 1, ships another under an analysis, and returns the hash of revision 1. */
async function shipped(
  shop: Shop,
  config: Record<string, unknown>,
  fault?: 'orders',
): Promise<string | undefined> {
  await shop.template('check', config);
  const { status } = await shop.begin(canary([setWeight(34), analysis('check')]));
  shop.sendTraffic();
  await shop.ship({ version: 'v2', ...(fault === undefined ? {} : { fault }) });
  return status?.stableRS;
}

function reviewed({ status }: CanaryAnalysis): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Reviewed')?.message;
}
