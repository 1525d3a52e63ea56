import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { allMeasurements, analysis, canary, NAME, setWeight } from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const OBSERVATION = { observation: { waitSeconds: 30 } };
const HEALTH_CHECK = 'Kubernetes Agent health check failed: agent health check failed';

/** The agent mode of the first dialect; Gemini answers for a namespace as the model of its name. */
const agentMode = ({ namespace }: ScenarioWorkload) => ({
  ...OBSERVATION,
  analysisMode: 'agent',
  namespace,
  podName: `${NAME}-0`,
  model: namespace,
});

/** The second dialect, with `canary-analysis agent`. */
const ownAgent = ({ environment }: ScenarioWorkload) => ({
  ...OBSERVATION,
  agentUrl: environment.agent.url,
  stableLabel: `app=${NAME}`,
  canaryLabel: `app=${NAME}`,
});

/** What a model or an agent says decides as the table says, and an agent that has been scaled to zero decides nothing. */
export function reviews(scenario: AddScenario): void {
  scenario('promotes a fit canary that Gemini finds fit', async (workload) => {
    const { reviewer } = workload.environment;
    reviewer.decide(workload.namespace, 'Promote');
    await shipped(workload, { ...OBSERVATION, ...reviewer.model(workload.namespace) });
    await workload.untilPhase('Healthy');
    const { run, analysis: judged } = await workload.outcome();
    expect(run.status?.phase).to.equal('Successful');
    expect(judged.status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees', confidence: 90 });
    expect(judged.status?.opinions?.[0]?.reviewer).to.equal(`gemini/${workload.namespace}`);
    expect(allMeasurements(run)[0]).to.include({ value: '0.90', message: judged.status?.message });
    expect(reviewer.questions(workload.namespace)).to.have.lengthOf(1);
  });

  scenario(
    'aborts a canary that answers 500s and that Gemini aborts, in both their words',
    async (workload) => {
      const { reviewer } = workload.environment;
      reviewer.decide(workload.namespace, 'Abort');
      const before = await shipped(
        workload,
        { ...OBSERVATION, ...reviewer.model(workload.namespace) },
        'orders',
      );
      const { status } = await workload.untilPhase('Degraded');
      expect(status).to.include({ abort: true, stableRS: before });
      const { run, analysis: judged } = await workload.outcome();
      expect(run.status?.phase).to.equal('Failed');
      expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed', reason: 'Regression' });
      expect(judged.status?.message).to.contain(`gemini/${workload.namespace} says Abort with confidence 90`);
      expect(allMeasurements(run)[0]).to.include({ value: '0', message: judged.status?.message });
    },
  );

  scenario('promotes a fit canary that canary-analysis agent finds fit', async (workload) => {
    await agentOf(workload, 1);
    await shipped(workload, ownAgent(workload));
    await workload.untilPhase('Healthy');
    const { run, analysis: judged } = await workload.outcome();
    expect(run.status?.phase).to.equal('Successful');
    expect(judged.status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees', assessment: 'Clean' });
    const [opinion] = judged.status?.opinions ?? [];
    expect(opinion).to.include({ ...byAgent(workload), verdict: 'Promote' });
    expect(allMeasurements(run)[0]).to.include({
      value: ((judged.status?.confidence ?? 0) / 100).toFixed(2),
      message: judged.status?.message,
    });
    expect(await toldByAgent(workload)).to.deep.equal(['Promote']);
  });

  scenario('aborts a canary that answers 500s and that canary-analysis agent aborts', async (workload) => {
    await agentOf(workload, 1);
    const before = await shipped(workload, ownAgent(workload), 'orders');
    const { status } = await workload.untilPhase('Degraded');
    expect(status).to.include({ abort: true, stableRS: before });
    const { run, analysis: judged } = await workload.outcome();
    expect(run.status?.phase).to.equal('Failed');
    expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed', reason: 'Regression' });
    expect(judged.status?.opinions?.[0]).to.include({ ...byAgent(workload), verdict: 'Abort' });
    expect(judged.status?.message).to.contain(`${byAgent(workload).reviewer} says Abort with confidence`);
    expect(allMeasurements(run)[0]).to.include({ value: '0', message: judged.status?.message });
    expect(await toldByAgent(workload)).to.deep.equal(['Abort']);
  });

  scenario(
    'is an Error in the second dialect while the agent is scaled to zero, and promotes nothing',
    async (workload) => {
      await agentOf(workload, 0);
      const before = await shipped(workload, ownAgent(workload));
      const { status } = await workload.untilPhase('Degraded');
      expect(status).to.include({ abort: true, stableRS: before });
      const [run] = await workload.analysisRuns();
      expect(run?.status?.phase).to.equal('Error');
      for (const { phase, message } of run === undefined ? [] : allMeasurements(run)) {
        expect(phase).to.equal('Error');
        expect(message).to.contain(`${HEALTH_CHECK} at ${workload.environment.agent.url}`);
      }
      for (const { status: judged } of await workload.analyses())
        expect(judged).to.include({ verdict: 'Error', reason: 'ReviewerUnavailable', assessment: 'Clean' });
    },
  );

  scenario(
    'falls back to Gemini in the first dialect while the agent is scaled to zero',
    async (workload) => {
      await agentOf(workload, 0);
      workload.environment.reviewer.decide(workload.namespace, 'Promote');
      await shipped(workload, agentMode(workload));
      await workload.untilPhase('Healthy');
      const { analysis: judged } = await workload.outcome();
      expect(judged.status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees' });
      expect(judged.status?.opinions?.map(({ reviewer }) => reviewer)).to.deep.equal([
        `gemini/${workload.namespace}`,
      ]);
      expect(reviewed(judged)).to.contain('Asked before: ').and.to.contain(HEALTH_CHECK);
    },
  );

  scenario('falls back to the policy in the first dialect when Gemini refuses, too', async (workload) => {
    await agentOf(workload, 0);
    workload.environment.reviewer.decide(workload.namespace, 'Refuse');
    const before = await shipped(workload, agentMode(workload));
    const { status } = await workload.untilPhase('Paused');
    expect(status?.stableRS, 'nothing is promoted').to.equal(before);
    const { run, analysis: judged } = await workload.outcome();
    expect(run.status?.phase).to.equal('Inconclusive');
    expect(judged.status).to.include({
      verdict: 'Inconclusive',
      reason: 'ReviewerUnavailable',
      assessment: 'Clean',
    });
    expect(reviewed(judged)).to.contain(HEALTH_CHECK).and.to.contain('authentication failed');
  });
}

/** Sees to it that the agent may look at the workload, has run, and has so many pods now. */
async function agentOf({ environment, namespace, signal }: ScenarioWorkload, replicas: 0 | 1): Promise<void> {
  await environment.agent.install(namespace);
  await environment.agent.scale(1, signal);
  if (replicas === 0) await environment.agent.scale(0, signal);
}

/** How an opinion of the agent is marked. */
function byAgent({ environment }: ScenarioWorkload) {
  return { reviewer: `a2a/${new URL(environment.agent.url).host}`, ownEvidence: true };
}

/** The verdicts that the agent says it has given on a workload. */
async function toldByAgent({ environment, namespace }: ScenarioWorkload): Promise<unknown[]> {
  const told = await environment.agent.log();
  return told
    .filter((line) => line['message'] === 'Analysis finished' && line['namespace'] === namespace)
    .map((line) => line['verdict']);
}

/** Begins with revision 1, ships another under an analysis, and returns the hash of revision 1. */
async function shipped(
  workload: ScenarioWorkload,
  config: Record<string, unknown>,
  fault?: 'orders',
): Promise<string | undefined> {
  await workload.template('check', config);
  const { status } = await workload.deploy(canary([setWeight(34), analysis('check')]));
  workload.sendTraffic();
  await workload.ship({ version: 'v2', ...(fault === undefined ? {} : { fault }) });
  return status?.stableRS;
}

function reviewed({ status }: CanaryAnalysis): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Reviewed')?.message;
}
