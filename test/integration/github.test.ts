import { expect } from 'chai';
import { stepAnalysisRun } from '../lab/argo/analysis-run.ts';
import { AGREEABLE_OPINION, type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import { startGitHubDouble } from '../lab/doubles/github.ts';
import {
  AGENT_ABORTS,
  type KubernetesAgentDouble,
  startKubernetesAgentDouble,
} from '../lab/doubles/kubernetes-agent.ts';
import type { AnalysisRun } from '../lab/driver/model.ts';
import { kubectlTable } from '../lab/kubectl-table.ts';
import { PLUGIN_NAMES, startOperator } from '../lab/system.ts';
import { API_SERVER } from './api-servers.ts';
import { EDIT, FIXED, pathOf, Reporting, reportedOf, url } from './reporting.ts';
import type { System } from './system.ts';

const OBSERVATION = { waitSeconds: 30 };
const QUICKLY = { waitSeconds: 3, minPower: 0 };
const OPINION = {
  ...AGREEABLE_OPINION,
  verdict: 'Abort',
  summary: 'It does not start.',
  rootCause: 'DATABASE_URL is not set',
  remediation: 'Set it.',
  proposedFix: { summary: 'Set DATABASE_URL.', edits: [EDIT] },
};

describe(`reports to GitHub (${API_SERVER.name})`, () => {
  let reporting: Reporting;
  let system: System;
  let gemini: GeminiDouble;
  let agent: KubernetesAgentDouble;
  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    gemini.replies.always({ opinion: OPINION });
    agent = await startKubernetesAgentDouble();
    agent.analyses.always({ body: AGENT_ABORTS });
    reporting = await Reporting.start({
      operatorConfig: { reviewers: { gemini: { baseURL: gemini.url } } },
      operatorEnv: { GOOGLE_API_KEY: 'gemini-key', AUTO_PR_ENABLED: 'true', K8S_AGENT_URL: agent.url },
    });
    ({ system } = reporting);
  });
  after(async () => {
    await reporting.stop();
    await Promise.all([gemini.close(), agent.close()]);
  });

  it('an Abort has an issue, a pull request with the fix that refers to it, and both links in the table', async () => {
    const repository = reporting.addRepository('aborted');
    const rollout = await system.deploy('aborted', 'crash');
    const config = { observation: OBSERVATION, reviewers: [{ gemini: {} }], gitHub: { url: url('aborted') } };
    const run = await system.finished(await system.measure(rollout, config));
    expect(run.status?.phase).to.equal('Failed');
    const { status } = await reporting.reported('aborted', '', 'IssueOpened');
    for (const what of ['issue', 'pull request'])
      expect(system.timesLogged(`Attempting to create GitHub ${what}`), what).to.equal(1);
    const at = url('aborted');
    const [issueURL, pullRequestURL] = [`${at}/issues/1`, `${at}/pull/2`];
    expect(status).to.include({ issueURL, pullRequestURL, link: pullRequestURL });
    const [pull] = repository.pulls;
    expect(pull?.body).to.match(/^Refs #1$/m);
    expect(repository.git.read(pull?.head ?? '', EDIT.path)).to.equal(FIXED);
    const table = await kubectlTable(system.lab.client, pathOf('aborted'), true);
    expect(table).to.match(
      new RegExp(` Abort +\\d+ +BlockingFact +web +${pullRequestURL} .* ${issueURL} +${pullRequestURL} `),
    );
  });

  it('a Promote closes the issue of its Rollout also when no analysis knows of it any more', async () => {
    const repository = reporting.addRepository('forgotten');
    const { rollout, ...deployed } = await system.deploy('forgotten');
    await reporting.decided('forgotten', 'first', { url: url('forgotten') }, {}, rollout);
    await system.startOperator();
    const { status } = await reporting.reported('forgotten', 'first', 'IssueOpened');
    await system.lab.client.delete(pathOf('forgotten', 'first'));
    const config = { observation: QUICKLY, githubUrl: url('forgotten') };
    await system.measure({ rollout, ...deployed }, config);
    const promoted = await reporting.reported('forgotten', '', 'IssuesClosed');
    expect(promoted.status).to.include({ verdict: 'Promote', issueURL: status?.issueURL });
    expect(repository.issues.map(({ state }) => state)).to.deep.equal(['closed']);
  });

  it('a Promote of a Rollout without an open issue says so', async () => {
    reporting.addRepository('fit');
    const rollout = await system.deploy('fit');
    await system.measure(rollout, { observation: QUICKLY, githubUrl: url('fit') });
    const { status } = await reporting.reported('fit', '', 'NothingOpen');
    expect(status?.link).to.equal(undefined);
    expect(reporting.writesTo('fit')).to.deep.equal([]);
  });

  it('a Promote closes the issue, and the cause that comes back opens it again', async function () {
    this.timeout(120_000);
    const repository = reporting.addRepository('back');
    await reporting.decided('back', 'first', { url: url('back') });
    await system.startOperator();
    const { status } = await reporting.reported('back', 'first', 'IssueOpened');
    const rollout = await system.deploy('back');
    const run = await system.finished(
      await system.measure(rollout, { observation: QUICKLY, githubUrl: url('back') }),
    );
    expect(run.status?.phase).to.equal('Successful');
    const promoted = await system.analysis(
      'back',
      'closes',
      (one) => reportedOf(one)?.reason === 'IssuesClosed',
    );
    expect(promoted.status).to.include({
      verdict: 'Promote',
      issueURL: status?.issueURL,
      link: status?.issueURL,
    });
    expect(repository.issues[0]).to.include({ state: 'closed' });
    expect(repository.issues[0]?.comments?.[0]?.body).to.match(/^\*\*A canary of `web` was promoted\.\*\*/);
    await reporting.decided('back', 'third', { url: url('back') });
    await system.startOperator();
    const third = await reporting.reported('back', 'third', 'IssueReopened');
    expect(third.status?.issueURL).to.equal(status?.issueURL);
    expect(repository.issues).to.have.length(1);
    expect(repository.issues[0]).to.include({ state: 'open' });
  });

  it('two metrics that abort at once are one issue', async function () {
    this.timeout(120_000);
    const repository = reporting.addRepository('twice');
    const rollout = await system.deploy('twice', 'crash');
    const config = { observation: OBSERVATION, gitHub: { url: url('twice'), pullRequest: false } };
    const metrics = ['one', 'two'].map((name) => ({ name, plugin: PLUGIN_NAMES[0], config }));
    const run = (await system.lab.apply(stepAnalysisRun(rollout, metrics))) as unknown as AnalysisRun;
    await system.finished(run);
    const aborted = (await system.analyses('twice')).filter(({ status }) => status?.verdict === 'Abort');
    for (const { metadata } of aborted)
      await system.analysis('twice', 'is reported', (one) => {
        return one.metadata.name === metadata.name && reportedOf(one)?.status === 'True';
      });
    expect(repository.issues).to.have.length(1);
    expect(repository.issues[0]?.comments).to.have.length(aborted.length - 1);
  });

  it('nothing is posted in a dry run, nor for an AnalysisRun that was deleted, nor without a repository', async function () {
    this.timeout(120_000);
    reporting.addRepository('quiet');
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
    await reporting.reported('dry', '', 'DryRun');
    await system.analysis('deleted', 'has a verdict', ({ status }) => status?.verdict !== undefined);
    const { namespace, name } = run.metadata;
    await system.lab.client.delete(`/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns/${name}`);
    await reporting.reported('deleted', '', 'AnalysisRunGone');
    await system.logged('Skipping GitHub issue creation (githubUrl not configured)', skipped);
    const [silent] = await system.analyses('nowhere');
    expect(silent && reportedOf(silent)).to.equal(undefined);
    expect(
      reporting.gitHub.requests.filter(({ path }) => path.startsWith('/repos/acme/quiet')),
    ).to.deep.equal([]);
  });

  it('an Inconclusive verdict is reported where that is asked for, and a pull request goes without an issue', async function () {
    this.timeout(120_000);
    const unsure = reporting.addRepository('unsure');
    const alone = reporting.addRepository('alone');
    const rollout = await system.deploy('unsure');
    const observation = { waitSeconds: 1, minPower: 100 };
    const policy = { onInsufficientEvidence: 'Inconclusive' };
    const report = { url: url('unsure'), issue: 'OnAbortOrInconclusive' };
    const run = await system.finished(await system.measure(rollout, { observation, policy, gitHub: report }));
    expect(run.status?.phase).to.equal('Inconclusive');
    await reporting.reported('unsure', '', 'IssueOpened');
    expect(unsure.issues[0]?.title).to.match(/^Canary of web not decided: /);
    expect(unsure.pulls).to.have.length(0);
    await reporting.decided('alone', 'alone', { url: url('alone'), issue: 'Never', pullRequest: true });
    await system.startOperator();
    const { status } = await reporting.reported('alone', 'alone', 'PullRequestOpened');
    expect(status?.link).to.equal(`${url('alone')}/pull/1`);
    expect(alone.issues).to.have.length(0);
    expect(alone.pulls[0]?.body).to.contain('canary-analysis/proposals/web-').and.not.contain('Refs');
  });

  it("an agent's pull request is taken over where it points into the repository, and only there", async function () {
    this.timeout(120_000);
    const [inside, outside] = [reporting.addRepository('shop'), reporting.addRepository('outside')];
    await Promise.all(
      ['shop', 'outside'].map(async (name) => {
        const rollout = await system.deploy(`agent-${name}`, 'crash');
        const reviewers = [{ a2a: { url: agent.url } }];
        await system.measure(rollout, { observation: OBSERVATION, reviewers, githubUrl: url(name) });
      }),
    );
    const taken = await reporting.reported('agent-shop', '', 'IssueOpened');
    expect(taken.status).to.include({ pullRequestURL: AGENT_ABORTS.prLink, link: AGENT_ABORTS.prLink });
    expect(inside.pulls).to.have.length(0);
    const made = await reporting.reported('agent-outside', '', 'IssueOpened');
    expect(made.status?.link).to.equal(`${url('outside')}/pull/2`);
    expect(outside.pulls).to.have.length(1);
  });

  it('a GitHub Enterprise Server is asked below /api/v3', async function () {
    this.timeout(120_000);
    const enterprise = await startGitHubDouble({ token: 'github-token', prefix: '/api/v3' });
    const repository = enterprise.addRepository('acme/shop');
    await reporting.decided('enterprise', 'one', { url: `${enterprise.url}/acme/shop` });
    const operator = await startOperator(system.lab, {
      config: { gitHub: { webURL: enterprise.url } },
      env: { GITHUB_TOKEN: 'github-token' },
    });
    try {
      const { status } = await reporting.reported('enterprise', 'one', 'IssueOpened');
      expect(status?.link).to.equal(`${enterprise.url}/acme/shop/issues/1`);
      expect(repository.issues).to.have.length(1);
      expect(enterprise.violations).to.deep.equal([]);
    } finally {
      await operator.stop();
      await enterprise.close();
    }
  });
});
