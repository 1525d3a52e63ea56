import { expect } from 'chai';
import { type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import {
  AGENT_PROMOTES,
  type AnalyzeRequest,
  type KubernetesAgentDouble,
  startKubernetesAgentDouble,
} from '../lab/doubles/kubernetes-agent.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const OBSERVATION = { observation: { waitSeconds: 5, minPower: 0 } };

describe(`the kubernetes-agent, as both earlier dialects call it (${API_SERVER.name})`, () => {
  let system: System;
  let agent: KubernetesAgentDouble;
  let gemini: GeminiDouble;
  before(async function () {
    this.timeout('30m');
    agent = await startKubernetesAgentDouble();
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    system = await System.start({
      operatorConfig: { reviewers: { gemini: { baseURL: gemini.url } } },
      operatorEnv: { GOOGLE_API_KEY: 'gemini-key', K8S_AGENT_URL: agent.url },
    });
  });
  after(async () => {
    await system.stop();
    await Promise.all([agent.close(), gemini.close()]);
  });

  /** What the agent was asked about one namespace. */
  function questions(namespace: string): AnalyzeRequest[] {
    return agent.requests
      .filter(({ path }) => path === '/a2a/analyze')
      .map(({ body }) => JSON.parse(body) as AnalyzeRequest)
      .filter(({ context }) => context['namespace'] === namespace);
  }

  async function judged(namespace: string, config: Record<string, unknown>, fault: '' | 'crash' = '') {
    const rollout = await system.deploy(namespace, fault);
    const run = await system.finished(await system.measure(rollout, { ...OBSERVATION, ...config }));
    const [analysis] = await system.analyses(namespace);
    return { rollout, analysis, measurement: measurementOf(run) };
  }

  it('promotes in the second dialect, asked in its own words', async () => {
    const { measurement, analysis } = await judged('second', {
      agentUrl: agent.url,
      stableLabel: 'app=web',
      canaryLabel: 'app=web',
      githubUrl: 'https://github.com/acme/shop',
      baseBranch: 'trunk',
      extraPrompt: 'Ignore colour changes.',
    });
    expect(measurement, measurement.message).to.include({ phase: 'Successful', value: '0.85' });
    expect(analysis?.status).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees' });
    expect(analysis?.status?.opinions?.[0]).to.include({
      ownEvidence: true,
      summary: AGENT_PROMOTES.analysis,
    });
    const [question, ...more] = questions('second');
    expect(more).to.have.length(0);
    expect(question).to.include({ userId: 'argo-rollouts', memoryId: 'rollout:second/web' });
    expect(question?.context).to.include({
      rolloutName: 'web',
      repoUrl: 'https://github.com/acme/shop',
      baseBranch: 'trunk',
      extraPrompt: 'Ignore colour changes.',
    });
    expect(question?.context['stableSelector']).to.contain('app=web');
    expect(question?.context['canarySelector']).to.contain('app=web');
  });

  it('is asked before the model in the agent mode of the first dialect', async () => {
    const { measurement, analysis } = await judged('first', {
      analysisMode: 'agent',
      namespace: 'first',
      podName: 'web-0',
      model: 'gemini-2.0-flash-exp',
    });
    expect(measurement.phase, measurement.message).to.equal('Successful');
    expect(analysis?.status?.opinions?.map(({ reviewer }) => reviewer)).to.deep.equal([
      `a2a/${new URL(agent.url).host}`,
    ]);
    expect(questions('first')[0]?.context).to.include({ podName: 'web-0' });
    expect(gemini.requests).to.have.length(0);
  });

  it('leaves the analysis to the model in the agent mode of the first dialect when its own comes to nothing', async () => {
    agent.analyses.next({ status: 500, body: { error: 'out of memory' } });
    const { measurement, analysis } = await judged('fails', {
      analysisMode: 'agent',
      namespace: 'fails',
      podName: 'web-0',
      model: 'gemini-2.0-flash-exp',
    });
    expect(measurement.phase, measurement.message).to.equal('Successful');
    expect(questions('fails')).to.have.length(1);
    expect(analysis?.status?.opinions?.[0]?.reviewer).to.equal('gemini/gemini-2.0-flash-exp');
    const told = 'A2A agent analysis failed: Failed to analyze with kubernetes-agent';
    expect(analysis?.status?.conditions?.find(({ type }) => type === 'Reviewed')?.message)
      .to.contain(`Asked before: a2a/${new URL(agent.url).host}`)
      .and.contain(told);
    await system.said('operator', [told], 'fails');
  });

  it('is not asked in the agent mode of the first dialect without a pod name, and the record says why', async () => {
    const { measurement, analysis } = await judged('partial', {
      analysisMode: 'agent',
      namespace: 'partial',
    });
    expect(measurement.phase, measurement.message).to.equal('Successful');
    expect(analysis?.status?.opinions?.[0]?.reviewer).to.match(/^gemini\//);
    expect(questions('partial')).to.have.length(0);
    const annotations = Object.values(analysis?.metadata.annotations ?? {}).join('\n');
    expect(annotations).to.contain('Agent mode requires namespace and podName');
    expect(analysis?.status?.conditions?.find(({ type }) => type === 'Reviewed')?.message).to.contain(
      'Agent mode requires namespace and podName',
    );
    await system.said('plugin', ['Agent mode requires namespace and podName']);
  });

  it('cannot promote a crash loop', async () => {
    const { measurement, analysis } = await judged(
      'crashing',
      {
        observation: { waitSeconds: 30 },
        agentUrl: agent.url,
        stableLabel: 'app=web',
        canaryLabel: 'app=web',
      },
      'crash',
    );
    expect(measurement).to.include({ phase: 'Failed', value: '0' });
    expect(analysis?.status).to.include({ verdict: 'Abort', reason: 'BlockingFact' });
  });

  it('is an Error in the second dialect where its address is not one the operator may call', async () => {
    const rollout = await system.deploy('elsewhere');
    await system.measure(rollout, { ...OBSERVATION, agentUrl: 'http://169.254.169.254/latest' });
    const { status } = await system.analysis(
      'elsewhere',
      'has a verdict',
      (one) => one.status?.verdict !== undefined,
    );
    expect(status).to.include({ verdict: 'Error', reason: 'ReviewerUnavailable' });
    expect(status?.message).to.contain('link-local or cloud metadata address');
  });
});
