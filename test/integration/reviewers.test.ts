import { expect } from 'chai';
import { AGREEABLE_OPINION, type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import { type GitHubDouble, startGitHubDouble } from '../lab/doubles/github.ts';
import { type KubernetesAgentDouble, startKubernetesAgentDouble } from '../lab/doubles/kubernetes-agent.ts';
import { type ChatRequest, type OpenAIDouble, startOpenAIDouble } from '../lab/doubles/openai.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const OBSERVATION = { observation: { waitSeconds: 3, minPower: 0 } };
/** A crash loop needs a few seconds to be one, and ends the observation as soon as it is. */
const PATIENT = { observation: { waitSeconds: 30 } };
const MODEL = { ...OBSERVATION, reviewers: [{ gemini: {}, timeoutSeconds: 20 }] };

describe(`reviewers advise and cannot do harm (${API_SERVER.name})`, () => {
  let system: System;
  let gemini: GeminiDouble;
  let openAI: OpenAIDouble;
  let agent: KubernetesAgentDouble;
  let gitHub: GitHubDouble;

  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    openAI = await startOpenAIDouble({ key: 'openai-key' });
    agent = await startKubernetesAgentDouble();
    gitHub = await startGitHubDouble({ token: 'github-token' });
    gitHub.addRepository('acme/shop');
    system = await System.start({
      operatorConfig: {
        reviewers: {
          gemini: { baseURL: gemini.url },
          limits: { maxOutputTokens: 2000 },
          a2a: { url: 'http://127.0.0.1:1' },
          allowedOrigins: [agent.url],
        },
        gitHub: { webURL: 'https://github.com', apiURL: gitHub.url },
      },
      operatorEnv: {
        GOOGLE_API_KEY: 'gemini-key',
        OPENAI_API_KEY: 'openai-key',
        OPENAI_BASE_URL: openAI.baseURL,
        OPENAI_MODEL: 'gpt-4o',
        GITHUB_TOKEN: 'github-token',
      },
    });
  });
  after(async () => {
    await system.stop();
    await Promise.all([gemini.close(), openAI.close(), agent.close(), gitHub.close()]);
  });
  beforeEach(() => gemini.replies.always({ opinion: AGREEABLE_OPINION }));

  async function judged(
    namespace: string,
    config: Record<string, unknown>,
    fault: '' | 'errors' | 'crash' = '',
    options = {},
  ) {
    const rollout = await system.deploy(namespace, fault);
    const run = await system.finished(await system.measure(rollout, config, options));
    const [analysis] = await system.analyses(namespace);
    return { run, analysis, measurement: measurementOf(run) };
  }

  it('a model that agrees is named in the record', async () => {
    const { measurement, analysis } = await judged('agrees', MODEL);
    expect(measurement).to.include({ phase: 'Successful', value: '0.90' });
    expect(analysis?.status?.reason).to.equal('ReviewerAgrees');
    expect(analysis?.status?.opinions?.[0]?.reviewer).to.match(/^gemini/);
  });

  it('a model behind an OpenAI-compatible server without schemas is asked, named and counted', async () => {
    openAI.understands = { formats: ['json_object'] };
    const { measurement, analysis } = await judged('compatible', {
      ...OBSERVATION,
      reviewers: [{ openAI: {}, timeoutSeconds: 20 }],
    });
    expect(measurement).to.include({ phase: 'Successful', value: '0.90' });
    expect(analysis?.status?.opinions?.[0]).to.include({ reviewer: 'openAI/gpt-4o', inputTokens: 1100 });
    expect(analysis?.status?.usage).to.include({ inputTokens: 1100, outputTokens: 70 });
    const asked = openAI.requests.map(({ body }) => JSON.parse(body) as ChatRequest);
    expect(asked.map(({ response_format }) => response_format?.type)).to.deep.equal([
      'json_schema',
      'json_object',
    ]);
    expect(asked[1]?.max_completion_tokens).to.equal(2000);
  });

  it('a model that fails is followed by the next, and what it cost is counted', async () => {
    openAI.replies.always({ text: 'I would promote it.' });
    const { measurement, analysis } = await judged('next-model', {
      ...OBSERVATION,
      reviewers: [{ openAI: { model: 'llama3.1:8b' }, timeoutSeconds: 20 }, { gemini: {} }],
    });
    expect(measurement).to.include({ phase: 'Successful', value: '0.90' });
    const { opinions, usage, conditions = [] } = analysis?.status ?? {};
    expect(opinions?.map(({ reviewer }) => reviewer)).to.deep.equal(['gemini/gemini-2.0-flash']);
    expect(usage).to.include({ inputTokens: 2 * 1100 + 1200, outputTokens: 2 * 70 + 80 });
    expect(conditions.find(({ type }) => type === 'Reviewed')?.message).to.contain(
      'openAI/llama3.1:8b: OpenAI-compatible server gave no valid opinion, asked twice: the answer is not valid JSON',
    );
  });

  it('a model that promotes a crash loop changes nothing', async () => {
    const { measurement, analysis } = await judged('overruled', { ...MODEL, ...PATIENT }, 'crash');
    expect(measurement.phase).to.equal('Failed');
    expect(analysis?.status?.reason).to.equal('BlockingFact');
  });

  const garbage: [string, Parameters<GeminiDouble['replies']['always']>[0]][] = [
    ['text that is no JSON', { text: 'I think it is fine, promote!' }],
    ['"promote": "false" instead of an opinion', { text: '{"promote":"false"}' }],
    [
      'a confidence of 250',
      {
        opinion: {
          verdict: 'Promote',
          confidence: 250,
          summary: '',
          rootCause: '',
          remediation: '',
          citations: [],
        },
      },
    ],
    ['HTTP 500', { http: { status: 500, body: { error: { message: 'boom' } } } }],
  ];
  for (const [index, [what, reply]] of garbage.entries()) {
    it(`a model that answers ${what} pauses the rollout`, async () => {
      gemini.replies.always(reply);
      const { measurement, analysis } = await judged(`garbage-${index}`, MODEL);
      expect(measurement.phase).to.equal('Inconclusive');
      expect(analysis?.status?.reason).to.equal('ReviewerUnavailable');
    });
  }

  it('a model that is not reached is an abort where the policy says so', async () => {
    gemini.replies.always({ http: { status: 503 } });
    const { measurement } = await judged('policy', { ...MODEL, policy: { onReviewerUnavailable: 'Abort' } });
    expect(measurement.phase).to.equal('Failed');
  });

  it('an agent that is down ends the second dialect in an Error', async () => {
    const rollout = await system.deploy('agent-down');
    const run = await system.measure(rollout, {
      ...OBSERVATION,
      agentUrl: 'http://127.0.0.1:1',
      stableLabel: 'app=web',
      canaryLabel: 'app=web',
    });
    const { status } = await system.analysis(
      'agent-down',
      'has a verdict',
      (one) => one.status?.verdict !== undefined,
    );
    expect(status).to.include({ verdict: 'Error', reason: 'ReviewerUnavailable' });
    expect(status?.message).to.contain('health check failed');
    await system.lab.client.patch(
      `/apis/argoproj.io/v1alpha1/namespaces/agent-down/analysisruns/${run.metadata.name}`,
      { spec: { terminate: true } },
    );
  });

  it('an agent that is down is followed by the model in the first dialect', async () => {
    const config = {
      ...OBSERVATION,
      analysisMode: 'agent',
      namespace: 'falls-back',
      podName: 'web',
      model: 'gemini-2.0-flash-exp',
    };
    const { measurement, analysis } = await judged('falls-back', config);
    expect(measurement.phase).to.equal('Successful');
    expect(analysis?.status?.opinions?.[0]?.reviewer).to.equal('gemini/gemini-2.0-flash-exp');
  });

  it('an agent with evidence of its own is believed when it aborts', async () => {
    agent.analyses.always({
      body: {
        analysis: 'The database is gone.',
        rootCause: 'DB_HOST',
        remediation: 'Restore it',
        prLink: null,
        promote: false,
        confidence: 95,
      },
    });
    const { measurement, analysis } = await judged('agent-aborts', {
      ...OBSERVATION,
      agentUrl: agent.url,
      stableLabel: 'app=web',
      canaryLabel: 'app=web',
    });
    expect(measurement.phase, measurement.message).to.equal('Failed');
    expect(analysis?.status?.reason).to.equal('ReviewerAborted');
  });

  it('a model call ends when the measurement does', async () => {
    gemini.replies.always({ http: { fault: 'hang' } });
    const calls = gemini.requests.length;
    const rollout = await system.deploy('hangs');
    const run = await system.measure(rollout, {
      ...OBSERVATION,
      reviewers: [{ gemini: {}, timeoutSeconds: 120 }],
    });
    await gemini.untilRequests(calls + 1);
    await system.lab.client.patch(
      `/apis/argoproj.io/v1alpha1/namespaces/hangs/analysisruns/${run.metadata.name}`,
      { spec: { terminate: true } },
    );
    await gemini.untilAbandoned();
    expect(measurementOf(await system.finished(run)).phase).to.equal('Inconclusive');
  });

  it('an abort opens one issue when the AnalysisRun has failed, and links it', async () => {
    const config = { ...PATIENT, githubUrl: 'https://github.com/acme/shop' };
    await judged('reported', config, 'crash');
    const { status } = await system.analysis(
      'reported',
      'is reported',
      (one) => one.status?.issueURL !== undefined,
    );
    expect(status?.link).to.equal(status?.issueURL);
    const issues = gitHub.repositories.get('acme/shop')?.issues ?? [];
    expect(issues).to.have.length(1);
    expect(issues[0]?.body).to.contain('missing setting DATABASE_URL');
  });

  it('an abort in a dry run is recorded and not reported', async () => {
    const before = gitHub.repositories.get('acme/shop')?.issues.length;
    const config = { ...PATIENT, githubUrl: 'https://github.com/acme/shop' };
    await judged('not-reported', config, 'crash', { dryRun: ['canary-analysis'] });
    const { status } = await system.analysis('not-reported', 'is settled', (one) =>
      (one.status?.conditions ?? []).some(({ type, reason }) => type === 'Reported' && reason === 'DryRun'),
    );
    expect(status?.issueURL).to.equal(undefined);
    expect(gitHub.repositories.get('acme/shop')?.issues.length).to.equal(before);
  });
});
