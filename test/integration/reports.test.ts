import { expect } from 'chai';
import { type GitHubDouble, startGitHubDouble } from '../lab/doubles/github.ts';
import { kubectlTable } from '../lab/kubectl-table.ts';
import { API_SERVER } from './api-servers.ts';
import { System } from './system.ts';

const CONFIG = {
  observation: { waitSeconds: 30 },
  githubUrl: 'https://github.com/acme/shop',
  baseBranch: 'main',
};

describe(`a report is about a rollout that really failed (${API_SERVER.name})`, () => {
  let system: System;
  let gitHub: GitHubDouble;
  before(async function () {
    this.timeout('30m');
    gitHub = await startGitHubDouble({ token: 'github-token' });
    gitHub.addRepository('acme/shop');
    system = await System.start({
      operatorConfig: { gitHub: { webURL: 'https://github.com', apiURL: gitHub.url } },
      operatorEnv: { GITHUB_TOKEN: 'github-token' },
    });
  });
  after(async () => {
    await system.stop();
    await gitHub.close();
    expect(gitHub.violations).to.deep.equal([]);
  });

  function reportedIn(namespace: string, reason: string) {
    return system.analysis(namespace, `has the condition Reported, ${reason}`, ({ status }) =>
      (status?.conditions ?? []).some((one) => one.type === 'Reported' && one.reason === reason),
    );
  }

  it('an abort that the failure limit forgives is not reported, and the condition says so', async () => {
    const rollout = await system.deploy('forgiven', 'crash');
    const run = await system.finished(await system.measure(rollout, CONFIG, { count: 1, failureLimit: 1 }));
    expect(run.status?.phase).to.equal('Successful');
    const { status } = await reportedIn('forgiven', 'AnalysisRunPassed');
    expect(status).to.include({ verdict: 'Abort' });
    expect(status?.link).to.equal(undefined);
    expect(gitHub.requests).to.have.length(0);
  });

  it('nothing is sent while the AnalysisRun still runs, and the issue comes once it has failed', async () => {
    const rollout = await system.deploy('awaited', 'crash');
    const created = await system.measure(rollout, CONFIG, { count: 2, interval: '1s', failureLimit: 1 });
    const first = await system.analysis(
      'awaited',
      'has a verdict',
      ({ status }) => status?.verdict !== undefined,
    );
    expect(first.status?.verdict).to.equal('Abort');
    expect(gitHub.requests).to.have.length(0);
    const run = await system.finished(created);
    expect(run.status?.phase).to.equal('Failed');
    const { status } = await reportedIn('awaited', 'IssueOpened');
    const [issue] = gitHub.repositories.get('acme/shop')?.issues ?? [];
    expect(Date.parse(issue?.createdAt ?? '')).to.be.at.least(Date.parse(run.status?.completedAt ?? ''));
    expect(status?.issueURL).to.match(/^https:\S+\/acme\/shop\/issues\/[12]$/);
    expect(status?.link).to.equal(status?.issueURL);
    const path = '/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/awaited/canaryanalyses';
    const table = await kubectlTable(system.lab.client, path);
    expect(table).to.match(/^NAME +VERDICT +CONFIDENCE +REASON +ROLLOUT +LINK +AGE$/m);
    expect(table).to.match(/ Abort +\d+ +BlockingFact +web +https:\S+\/acme\/shop\/issues\/[12] /);
  });

  it('a GitHub that is away for a moment changes no verdict and gets the report later, once', async () => {
    const before = gitHub.repositories.get('acme/shop')?.issues.length ?? 0;
    gitHub.answerNext({ status: 502 });
    const repository = gitHub.addRepository('acme/other');
    const rollout = await system.deploy('later', 'crash');
    const config = { ...CONFIG, githubUrl: 'https://github.com/acme/other' };
    const run = await system.finished(await system.measure(rollout, config));
    expect(run.status?.phase).to.equal('Failed');
    const { status } = await reportedIn('later', 'IssueOpened');
    expect(status?.verdict).to.equal('Abort');
    expect(repository.issues).to.have.length(1);
    expect(gitHub.repositories.get('acme/shop')?.issues).to.have.length(before);
  });

  it('a repository that the token does not reach is a condition that says so, never another verdict', async () => {
    const rollout = await system.deploy('unreached', 'crash');
    const config = { ...CONFIG, githubUrl: 'https://github.com/acme/secret' };
    const run = await system.finished(await system.measure(rollout, config));
    expect(run.status?.phase).to.equal('Failed');
    const { status } = await reportedIn('unreached', 'Refused');
    expect(status).to.include({ verdict: 'Abort', reason: 'BlockingFact' });
    const reported = status?.conditions?.find(({ type }) => type === 'Reported');
    expect(reported?.message).to.contain('acme/secret');
  });
});
