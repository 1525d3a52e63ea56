import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { GitHubReport } from '../../crds/v1alpha1/spec.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import { stepAnalysisRun } from '../lab/argo/analysis-run.ts';
import { AGREEABLE_OPINION, type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import {
  type GitHubDouble,
  refusal,
  type StoredRepository,
  startGitHubDouble,
} from '../lab/doubles/github.ts';
import type { Answer } from '../lab/doubles/http-double.ts';
import {
  AGENT_ABORTS,
  type KubernetesAgentDouble,
  startKubernetesAgentDouble,
} from '../lab/doubles/kubernetes-agent.ts';
import type { AnalysisRun } from '../lab/driver/model.ts';
import { kubectlTable } from '../lab/kubectl-table.ts';
import { PLUGIN_NAMES, startOperator } from '../lab/system.ts';
import { API_SERVER } from './api-servers.ts';
import { System } from './system.ts';

const TOKEN = 'github-token';
const OBSERVATION = { waitSeconds: 30 };
const MANIFEST = 'env:\n  - name: DATABASE_URL\n    value: ""\n';
const OPINION = {
  ...AGREEABLE_OPINION,
  verdict: 'Abort',
  summary: 'It does not start.',
  rootCause: 'DATABASE_URL is not set',
  remediation: 'Set it.',
  proposedFix: {
    summary: 'Set DATABASE_URL.',
    edits: [{ path: 'deploy/web.yaml', before: 'value: ""', after: 'value: postgres://db' }],
  },
};
const ANALYSES = '/apis/metric-ai.argoproj-labs.io/v1alpha1';

describe(`reports to GitHub (${API_SERVER.name})`, () => {
  let system: System;
  let gitHub: GitHubDouble;
  let gemini: GeminiDouble;
  let agent: KubernetesAgentDouble;
  before(async function () {
    this.timeout('30m');
    gitHub = await startGitHubDouble({ token: TOKEN });
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    gemini.replies.always({ opinion: OPINION });
    agent = await startKubernetesAgentDouble();
    agent.analyses.always({ body: AGENT_ABORTS });
    system = await System.start({
      operatorConfig: {
        gitHub: { webURL: 'https://github.com', apiURL: gitHub.url, pullRequestPaths: ['deploy'] },
        allowances: [{ namespaces: ['limited'], repositories: ['acme/elsewhere'] }],
        reviewers: { gemini: { baseURL: gemini.url } },
      },
      operatorEnv: {
        GITHUB_TOKEN: TOKEN,
        GOOGLE_API_KEY: 'gemini-key',
        AUTO_PR_ENABLED: 'true',
        K8S_AGENT_URL: agent.url,
      },
    });
  });
  after(async () => {
    await system.stop();
    await Promise.all([gitHub.close(), gemini.close(), agent.close()]);
    expect(gitHub.violations).to.deep.equal([]);
  });

  function repositoryOf(name: string): StoredRepository {
    const repository = gitHub.addRepository(`acme/${name}`);
    repository.git.seed('main', { 'deploy/web.yaml': MANIFEST });
    return repository;
  }

  const url = (name: string): string => `https://github.com/acme/${name}`;

  /** An analysis as an operator leaves it that ends after the verdict; only while none runs. */
  async function decided(
    namespace: string,
    name: string,
    report: GitHubReport,
    status: Partial<CanaryAnalysisStatus> = {},
  ): Promise<void> {
    await system.lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const created = await system.lab.apply({
      apiVersion: ANALYSES.slice('/apis/'.length),
      kind: 'CanaryAnalysis',
      metadata: { namespace, name },
      spec: { rolloutRef: { name: 'web' }, gitHub: { pullRequest: false, ...report } },
    } as Parameters<typeof system.lab.apply>[0]);
    const now = new Date().toISOString();
    await system.lab.client.patch(pathOf(namespace, created.metadata.name, '/status'), {
      status: {
        rollout: 'web',
        verdict: 'Abort',
        reason: 'Regression',
        message: 'canary fails',
        confidence: 97,
        startTime: now,
        completionTime: now,
        findings: [
          { id: 'F1', kind: 'NovelError', severity: 'Regressed', message: 'new', template: 'it fails' },
        ],
        ...status,
      },
    });
  }

  const pathOf = (namespace: string, name = '', more = ''): string =>
    `${ANALYSES}/namespaces/${namespace}/canaryanalyses${name === '' ? '' : `/${name}`}${more}`;

  const conditionOf = ({ status }: CanaryAnalysis) =>
    status?.conditions?.find(({ type }) => type === 'Reported');

  function reported(namespace: string, name: string, reason: string): Promise<CanaryAnalysis> {
    return system.analysis(namespace, `${name} is reported as ${reason}`, (one) => {
      const has = conditionOf(one)?.reason;
      if (one.metadata.name === name && has !== undefined && has !== reason && has !== 'Retrying')
        throw new Error(`${namespace}/${name}: ${has} instead of ${reason}: ${conditionOf(one)?.message}`);
      return (name === '' || one.metadata.name === name) && has === reason;
    });
  }

  function writesTo(name: string): string[] {
    const path = `/repos/acme/${name}/`;
    return gitHub.requests
      .filter((request) => request.method !== 'GET' && request.path.startsWith(path))
      .map(({ method }) => method);
  }

  it('one issue, one branch and one pull request come of an operator that is killed after each step', async function () {
    this.timeout(180_000);
    const repository = repositoryOf('killed');
    const rollout = await system.deploy('killed', 'crash');
    const killedAfter = async (route: string, begin: () => Promise<unknown>): Promise<void> => {
      const held = gitHub.holdNext(route);
      await begin();
      const late = AbortSignal.timeout(50_000);
      await Promise.race([
        held,
        new Promise((_, reject) => late.addEventListener('abort', () => reject(new Error(`no ${route}`)))),
      ]);
      await system.operator?.kill();
    };
    const restart = (): Promise<void> => system.startOperator();
    const config = {
      observation: OBSERVATION,
      reviewers: [{ gemini: {} }],
      gitHub: { url: url('killed') },
    };
    await killedAfter('GET /issues', async () => {
      const run = await system.finished(await system.measure(rollout, config));
      expect(run.status?.phase).to.equal('Failed');
    });
    for (const route of [
      'POST /issues',
      'POST /git/blobs',
      'POST /git/trees',
      'POST /git/commits',
      'POST /git/refs',
      'POST /pulls',
    ])
      await killedAfter(route, restart);
    await restart();
    const first = await reported('killed', '', 'IssueOpened');
    const [pull] = repository.pulls;
    const { git } = repository;
    const head = git.commits.get(git.refs.get(`heads/${pull?.head}`) ?? '');
    expect(repository.issues).to.have.length(1);
    expect(repository.pulls).to.have.length(1);
    expect([...git.refs.keys()]).to.deep.equal(['heads/main', `heads/${pull?.head}`]);
    expect(head?.parents, 'one commit').to.deep.equal([git.refs.get('heads/main')]);
    expect(git.read(pull?.head ?? '', 'deploy/web.yaml')).to.equal(MANIFEST.replace('""', 'postgres://db'));
    expect(pull?.body).to.match(/^Refs #1$/m);
    const [issueURL, pullRequestURL] = [
      `${gitHub.url}/acme/killed/issues/1`,
      `${gitHub.url}/acme/killed/pull/2`,
    ];
    expect(first.status).to.include({ issueURL, pullRequestURL, link: pullRequestURL });
    const table = await kubectlTable(system.lab.client, pathOf('killed'), true);
    expect(table).to.match(
      new RegExp(` Abort +\\d+ +BlockingFact +web +${pullRequestURL} .* ${issueURL} +${pullRequestURL} `),
    );

    await system.operator?.kill();
    const written = writesTo('killed').length;
    const commits = git.commits.size;
    const { issueURL: _issue, pullRequestURL: _pull, link: _link, ...same } = first.status ?? {};
    await decided('killed', 'again', { url: url('killed'), pullRequest: true }, { ...same, conditions: [] });
    for (const route of [
      'GET /issues',
      'POST /issues/{issue_number}/comments',
      'PATCH /issues/{issue_number}',
      'PATCH /pulls/{pull_number}',
    ])
      await killedAfter(route, restart);
    await restart();
    const again = await system.analysis('killed', 'is reported again', (one) => {
      return one.metadata.name === 'again' && conditionOf(one)?.status === 'True';
    });
    expect(again.status).to.include({ issueURL, pullRequestURL });
    expect(repository.issues).to.have.length(1);
    expect(repository.issues[0]?.comments).to.have.length(1);
    expect(repository.pulls).to.have.length(1);
    expect(repository.pulls[0]?.body).to.contain(' killed again -o yaml');
    expect(git.commits.size, 'the branch has the fix').to.equal(commits);
    const onTheTree = ['POST', 'POST'];
    const onceEach = ['POST', 'PATCH', ...onTheTree, 'PATCH', ...onTheTree];
    expect(writesTo('killed').slice(written), 'nothing is done twice').to.deep.equal(onceEach);
  });

  it('each refusal is a condition with its reason, and a limit of the rate is waited for', async function () {
    this.timeout(120_000);
    const limit = (seconds: number): Answer => ({
      ...refusal(403, 'You have exceeded a secondary rate limit.'),
      headers: { 'retry-after': String(seconds) },
    });
    const cases: readonly [name: string, answers: readonly Answer[], reason: string, message: RegExp][] = [
      ['denied', [refusal(403, 'no')], 'Refused', /the token may not do this/],
      ['expired', [refusal(401, 'Bad credentials')], 'Refused', /set a new GITHUB_TOKEN/],
      ['missing', [refusal(404, 'Not Found')], 'Refused', /no such repository/],
      ['empty', [refusal(409, 'Git Repository is empty.')], 'Refused', /it is empty/],
      ['disabled', [refusal(410, 'Gone')], 'Refused', /issues are disabled/],
      ['invalid', [refusal(422, 'Validation Failed')], 'Refused', /content not valid/],
      ['raced', [refusal(409, 'Conflict')], 'IssueOpened', /issues\/1/],
      ['failing', [refusal(500, 'oops'), refusal(502, 'oops')], 'IssueOpened', /issues\/1/],
      ['briefly', [limit(1)], 'IssueOpened', /issues\/1/],
    ];
    await system.operator?.kill();
    for (const [name, answers] of cases) {
      repositoryOf(name).answers.push(...answers);
      await decided('refused', name, { url: url(name) });
    }
    await decided('limited', 'other', { url: url('killed') });
    await decided('limited', 'never', { url: url('killed'), issue: 'Never' });
    await system.startOperator();
    for (const [name, , reason, message] of cases) {
      const analysis = await reported('refused', name, reason);
      expect(conditionOf(analysis)?.message, name).to.match(message);
      expect(analysis.status?.verdict).to.equal('Abort');
    }
    const refused = await reported('limited', 'other', 'Refused');
    expect(conditionOf(refused)?.message).to.contain('allowances');
    expect((await system.analyses('limited')).find(({ metadata }) => metadata.name === 'never')).to.satisfy(
      (one: CanaryAnalysis) => conditionOf(one) === undefined,
    );

    await system.operator?.kill();
    repositoryOf('long').answers.push(limit(600));
    await decided('refused', 'long', { url: url('long') });
    await system.startOperator();
    const { status } = await reported('refused', 'long', 'Retrying');
    expect(status?.issueURL).to.equal(undefined);
    const asked = gitHub.requests.filter(({ path }) => path.startsWith('/repos/acme/long/')).length;
    expect(asked, 'not before the time is over').to.equal(1);
  });

  it('a Promote closes the issue, and the cause that comes back opens it again', async function () {
    this.timeout(120_000);
    const repository = repositoryOf('back');
    await system.operator?.kill();
    await decided('back', 'first', { url: url('back') });
    await system.startOperator();
    const { status } = await reported('back', 'first', 'IssueOpened');
    const rollout = await system.deploy('back');
    const run = await system.finished(
      await system.measure(rollout, { observation: { waitSeconds: 3, minPower: 0 }, githubUrl: url('back') }),
    );
    expect(run.status?.phase).to.equal('Successful');
    const promoted = await system.analysis(
      'back',
      'closes',
      (one) => conditionOf(one)?.reason === 'IssuesClosed',
    );
    expect(promoted.status).to.include({
      verdict: 'Promote',
      issueURL: status?.issueURL,
      link: status?.issueURL,
    });
    expect(repository.issues[0]).to.include({ state: 'closed' });
    expect(repository.issues[0]?.comments?.[0]?.body).to.match(/^\*\*A canary of `web` was promoted\.\*\*/);
    await system.operator?.kill();
    await decided('back', 'third', { url: url('back') });
    await system.startOperator();
    const third = await reported('back', 'third', 'IssueReopened');
    expect(third.status?.issueURL).to.equal(status?.issueURL);
    expect(repository.issues).to.have.length(1);
    expect(repository.issues[0]).to.include({ state: 'open' });
  });

  it('two metrics that abort at once are one issue', async function () {
    this.timeout(120_000);
    const repository = repositoryOf('twice');
    const rollout = await system.deploy('twice', 'crash');
    const config = { observation: OBSERVATION, gitHub: { url: url('twice'), pullRequest: false } };
    const metrics = ['one', 'two'].map((name) => ({ name, plugin: PLUGIN_NAMES[0], config }));
    const run = (await system.lab.apply(stepAnalysisRun(rollout, metrics))) as unknown as AnalysisRun;
    await system.finished(run);
    const aborted = (await system.analyses('twice')).filter(({ status }) => status?.verdict === 'Abort');
    for (const { metadata } of aborted)
      await system.analysis('twice', 'is reported', (one) => {
        return one.metadata.name === metadata.name && conditionOf(one)?.status === 'True';
      });
    expect(repository.issues).to.have.length(1);
    expect(repository.issues[0]?.comments).to.have.length(aborted.length - 1);
  });

  it('nothing is posted in a dry run, nor for an AnalysisRun that was deleted, nor without a repository', async function () {
    this.timeout(120_000);
    repositoryOf('quiet');
    const config = { observation: OBSERVATION, githubUrl: url('quiet') };
    const rollouts = await Promise.all(
      ['dry', 'deleted', 'nowhere'].map((name) => system.deploy(name, 'crash')),
    );
    const [dry, deleted, nowhere] = rollouts;
    if (dry === undefined || deleted === undefined || nowhere === undefined) throw new Error('not deployed');
    const skipped = system.timesLogged('Skipping GitHub issue creation (githubUrl not configured)');
    await system.measure(dry, config, { dryRun: ['canary-analysis'] });
    const run = await system.measure(deleted, config, { count: 2, interval: '10m', failureLimit: 1 });
    await system.measure(nowhere, { observation: OBSERVATION });
    await reported('dry', '', 'DryRun');
    await system.analysis('deleted', 'has a verdict', ({ status }) => status?.verdict !== undefined);
    const { namespace, name } = run.metadata;
    await system.lab.client.delete(`/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns/${name}`);
    await reported('deleted', '', 'AnalysisRunGone');
    await system.logged('Skipping GitHub issue creation (githubUrl not configured)', skipped);
    const [silent] = await system.analyses('nowhere');
    expect(silent && conditionOf(silent)).to.equal(undefined);
    expect(gitHub.requests.filter(({ path }) => path.startsWith('/repos/acme/quiet'))).to.deep.equal([]);
  });

  it('an Inconclusive verdict is reported where that is asked for, and a pull request goes without an issue', async function () {
    this.timeout(120_000);
    const unsure = repositoryOf('unsure');
    const alone = repositoryOf('alone');
    const rollout = await system.deploy('unsure');
    const observation = { waitSeconds: 1, minPower: 100 };
    const policy = { onInsufficientEvidence: 'Inconclusive' };
    const report = { url: url('unsure'), issue: 'OnAbortOrInconclusive' };
    const run = await system.finished(await system.measure(rollout, { observation, policy, gitHub: report }));
    expect(run.status?.phase).to.equal('Inconclusive');
    await reported('unsure', '', 'IssueOpened');
    expect(unsure.issues[0]?.title).to.match(/^Canary of web not decided: /);
    expect(unsure.pulls).to.have.length(0);
    await system.operator?.kill();
    await decided('alone', 'alone', { url: url('alone'), issue: 'Never', pullRequest: true });
    await system.startOperator();
    const { status } = await reported('alone', 'alone', 'PullRequestOpened');
    expect(status?.link).to.equal(`${gitHub.url}/acme/alone/pull/1`);
    expect(alone.issues).to.have.length(0);
    expect(alone.pulls[0]?.body).to.contain('canary-analysis/proposals/web-').and.not.contain('Refs');
  });

  it("an agent's pull request is taken over where it points into the repository, and only there", async function () {
    this.timeout(120_000);
    const [inside, outside] = [repositoryOf('shop'), repositoryOf('outside')];
    await Promise.all(
      ['shop', 'outside'].map(async (name) => {
        const rollout = await system.deploy(`agent-${name}`, 'crash');
        const reviewers = [{ a2a: { url: agent.url } }];
        await system.measure(rollout, { observation: OBSERVATION, reviewers, githubUrl: url(name) });
      }),
    );
    const taken = await reported('agent-shop', '', 'IssueOpened');
    expect(taken.status).to.include({ pullRequestURL: AGENT_ABORTS.prLink, link: AGENT_ABORTS.prLink });
    expect(inside.pulls).to.have.length(0);
    const made = await reported('agent-outside', '', 'IssueOpened');
    expect(made.status?.link).to.equal(`${gitHub.url}/acme/outside/pull/2`);
    expect(outside.pulls).to.have.length(1);
  });

  it('a GitHub Enterprise Server is asked below /api/v3', async function () {
    this.timeout(120_000);
    const enterprise = await startGitHubDouble({ token: TOKEN, prefix: '/api/v3' });
    const repository = enterprise.addRepository('acme/shop');
    await system.operator?.kill();
    await decided('enterprise', 'one', { url: `${enterprise.url}/acme/shop` });
    const operator = await startOperator(system.lab, {
      config: { gitHub: { webURL: enterprise.url } },
      env: { GITHUB_TOKEN: TOKEN },
    });
    try {
      const { status } = await reported('enterprise', 'one', 'IssueOpened');
      expect(status?.link).to.equal(`${enterprise.url}/acme/shop/issues/1`);
      expect(repository.issues).to.have.length(1);
      expect(enterprise.violations).to.deep.equal([]);
    } finally {
      await operator.stop();
      await enterprise.close();
    }
  });
});
