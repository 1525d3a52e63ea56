import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import { AgentProcess } from './agent-process.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const OBSERVATION = { observation: { waitSeconds: 5, minPower: 0 } };

describe(`canary-analysis agent on a cluster (${API_SERVER.name})`, () => {
  let system: System;
  let agent: AgentProcess;
  let gemini: GeminiDouble;
  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    const operatorEnv: Record<string, string> = { GOOGLE_API_KEY: 'gemini-key' };
    const operatorConfig = { reviewers: { gemini: { baseURL: gemini.url } } };
    system = await System.start({ withOperator: false, operatorEnv, operatorConfig });
    agent = await AgentProcess.start(system.lab, ['--wait', '30']);
    operatorEnv['K8S_AGENT_URL'] = agent.url;
    await system.startOperator();
  });
  after(async () => {
    await agent.stop();
    await system.stop();
    await gemini.close();
  });

  /** As the older plugin asks it, without an operator. */
  async function asked(context: Record<string, string>, of = agent) {
    const response = await fetch(`${of.url}/a2a/analyze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        userId: 'argo-rollouts',
        memoryId: 'rollout:shop/web',
        prompt: 'Analyze.',
        context,
      }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  const contextOf = (namespace: string) => ({
    namespace,
    rolloutName: 'web',
    stableSelector: 'app=web',
    canarySelector: 'app=web',
  });

  it('aborts a crash loop that it found itself', async () => {
    await system.deploy('crashing', 'crash');
    const { status, body } = await asked(contextOf('crashing'));
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body).to.include({ promote: false, verdict: 'Abort', reason: 'BlockingFact' });
    expect(body['rootCause']).to.match(/CrashLoopBackOff|DATABASE_URL|exit/);
  });

  it('does not decide without selectors', async () => {
    const { status, body } = await asked({ namespace: 'crashing' });
    expect(status).to.equal(200);
    expect(body).to.include({ promote: false, verdict: 'Inconclusive', confidence: 0 });
  });

  it('is an error where the selectors find nothing', async () => {
    const { status, body } = await asked({
      namespace: 'crashing',
      stableSelector: 'role=stable',
      canarySelector: 'role=canary',
    });
    expect(status).to.equal(422);
    expect(body).to.include({ promote: false });
    expect(body['analysis']).to.match(/^Error: .*selector/);
  });

  it('is asked over A2A by the operator, and the word of both promotes', async () => {
    const rollout = await system.deploy('healthy');
    const config = { ...OBSERVATION, agentUrl: agent.url, stableLabel: 'app=web', canaryLabel: 'app=web' };
    const run = await system.finished(await system.measure(rollout, config));
    const [analysis] = await system.analyses('healthy');
    const [opinion] = analysis?.status?.opinions ?? [];
    expect(opinion, JSON.stringify(analysis?.status)).to.include({
      reviewer: `a2a/${new URL(agent.url).host}`,
      ownEvidence: true,
    });
    const measurement = measurementOf(run);
    expect(measurement.phase, measurement.message).to.equal('Successful');
    const finished = agent.log.filter(({ message }) => message === 'Analysis finished');
    expect(finished.at(-1)).to.include({ namespace: 'healthy', rollout: 'web' });
  });

  it('is told by the operator that a second analysis of the revision is a second look', async () => {
    const rollout = await system.deploy('twice');
    const looks = (): unknown[] =>
      agent.log
        .filter((line) => line['message'] === 'Fetching logs of both sides' && line['namespace'] === 'twice')
        .map((line) => line['look']);
    const config = {
      observation: { waitSeconds: 2, minPower: 0 },
      agentUrl: agent.url,
      stableLabel: 'app=web',
      canaryLabel: 'app=web',
    };
    for (const step of [1, 2]) await system.finished(await system.measure(rollout, config, { step }));
    expect(looks()).to.deep.equal([1, 2]);
  });

  it('is told within two seconds that an analysis was cancelled', async () => {
    // Hardly anything to see yet on the canary, and nothing that decides: the agent waits for evidence, and can be cancelled.
    const rollout = await system.deploy('cancelled');
    const run = await system.measure(rollout, {
      observation: { waitSeconds: 0, minPower: 0 },
      agentUrl: agent.url,
      stableLabel: 'app=web',
      canaryLabel: 'app=web',
    });
    await agent.logged('Fetching logs of both sides', 'cancelled');
    const began = performance.now();
    await system.lab.client.patch(
      `/apis/argoproj.io/v1alpha1/namespaces/cancelled/analysisruns/${run.metadata.name}`,
      { spec: { terminate: true } },
    );
    await agent.logged('Analysis cancelled');
    expect(performance.now() - began).to.be.lessThan(2000);
  });

  describe('with a model', () => {
    let advised: AgentProcess;
    before(async () => {
      const config = join(system.lab.directory, 'agent.json');
      await writeFile(config, JSON.stringify({ reviewers: { gemini: { baseURL: gemini.url } } }));
      const env = { GOOGLE_API_KEY: 'gemini-key', GEMINI_MODEL: 'gemini-2.5-flash' };
      advised = await AgentProcess.start(system.lab, ['--wait', '30', '--config', config], env);
    });
    after(() => advised.stop());

    it('tells what the model says, which cannot promote a crash loop', async () => {
      gemini.replies.next({
        opinion: {
          verdict: 'Promote',
          confidence: 100,
          summary: 'Fine.',
          rootCause: 'none at all',
          remediation: 'leave it',
          citations: [],
        },
      });
      const { body } = await asked(contextOf('crashing'), advised);
      expect(body).to.include({
        promote: false,
        verdict: 'Abort',
        reviewer: 'gemini/gemini-2.5-flash',
        remediation: 'leave it',
      });
    });
  });

  it('leaves the rest to the documented modes when it is gone', async () => {
    expect(await agent.stop()).to.equal(0);
    expect(agent.log.at(-1)).to.include({ message: 'agent stopped' });

    const v1 = await system.deploy('v1-alone');
    const run = await system.measure(v1, {
      ...OBSERVATION,
      agentUrl: agent.url,
      stableLabel: 'app=web',
      canaryLabel: 'app=web',
    });
    const strict = await system.analysis('v1-alone', 'has a verdict', ({ status }) => !!status?.verdict);
    expect(strict.status).to.include({ verdict: 'Error', reason: 'ReviewerUnavailable' });
    for (const text of ['Kubernetes Agent health check failed', 'agent health check failed']) {
      expect(strict.status?.message).to.contain(text);
      expect(strict.status?.conditions?.find(({ type }) => type === 'Reviewed')?.message).to.contain(text);
      await system.said('operator', [text]);
    }
    await system.lab.client.patch(
      `/apis/argoproj.io/v1alpha1/namespaces/v1-alone/analysisruns/${run.metadata.name}`,
      { spec: { terminate: true } },
    );

    const agentMode = { analysisMode: 'agent', podName: 'web', model: 'gemini-2.0-flash-exp' };
    const v0 = await system.deploy('v0-falls-back');
    const config = { ...OBSERVATION, ...agentMode, namespace: 'v0-falls-back' };
    const lenient = measurementOf(await system.finished(await system.measure(v0, config)));
    expect(lenient.phase, lenient.message).to.equal('Successful');
    const [analysis] = await system.analyses('v0-falls-back');
    expect(analysis?.status?.opinions?.[0]?.reviewer).to.equal('gemini/gemini-2.0-flash-exp');
    expect(analysis?.status?.conditions?.find(({ type }) => type === 'Reviewed')?.message)
      .to.contain('gemini/gemini-2.0-flash-exp says Promote')
      .and.contain('Asked before: a2a/')
      .and.contain('Kubernetes Agent health check failed');

    gemini.replies.always({ http: { status: 400, body: {} } });
    const neither = await system.deploy('v0-nobody');
    const paused = measurementOf(
      await system.finished(await system.measure(neither, { ...config, namespace: 'v0-nobody' })),
    );
    expect(paused.phase).to.equal('Inconclusive');
    expect(paused.message).to.contain('Kubernetes Agent health check failed');
  });
});
