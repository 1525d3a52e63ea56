import { expect } from 'chai';
import type { StoredRepository } from '../lab/doubles/github.ts';
import { API_SERVER } from './api-servers.ts';
import { EDIT, FIXED, Reporting, reportedOf, url, withFix } from './reporting.ts';

/** What makes something that there may be one of. */
const CREATING = ['POST /issues', 'POST /issues/comments', 'POST /git/refs', 'POST /pulls'];

describe(`an operator killed in the middle of a report is followed by another, with one of each (${API_SERVER.name})`, function () {
  this.timeout(120_000);
  let reporting: Reporting;
  before(async function () {
    this.timeout('30m');
    reporting = await Reporting.start({ withOperator: false });
  });
  after(() => reporting.stop());

  /** An analysis with a fix that waits to be reported, to a repository of that name; `known`: the issue of its cause is open. */
  async function waiting(name: string, known: boolean): Promise<StoredRepository> {
    const repository = reporting.addRepository(name);
    if (known) reporting.addIssue(name, repository);
    await reporting.decided(name, 'killed', { url: url(name), pullRequest: true }, withFix([EDIT]));
    return repository;
  }

  /** Starts an operator and kills it when GitHub has done what it asked and not yet answered. */
  async function killAfter(route: string): Promise<void> {
    const { system, gitHub } = reporting;
    const held = gitHub.holdNext(route);
    await system.startOperator();
    const late = AbortSignal.timeout(50_000);
    const never = new Promise((_, reject) => {
      late.addEventListener('abort', () => reject(new Error(`nobody asked for ${route}`)));
    });
    await Promise.race([held, never]);
    await system.operator?.kill();
  }

  async function expectOneOfEach(name: string, repository: StoredRepository, known: boolean): Promise<void> {
    const { status } = await reporting.reported(name, 'killed', known ? 'IssueUpdated' : 'IssueOpened');
    const { issues, pulls, git } = repository;
    const [issue, pull] = [issues[0], pulls[0]];
    const at = url(name);
    const pullRequestURL = `${at}/pull/2`;
    expect(status).to.include({ issueURL: `${at}/issues/1`, pullRequestURL, link: pullRequestURL });
    expect([issues.length, pulls.length]).to.deep.equal([1, 1]);
    expect(issue?.comments).to.have.length(known ? 1 : 0);
    expect([...git.refs.keys()]).to.deep.equal(['heads/main', `heads/${pull?.head}`]);
    const head = git.commits.get(git.refs.get(`heads/${pull?.head}`) ?? '');
    expect(head?.parents, 'one commit').to.deep.equal([git.refs.get('heads/main')]);
    expect(git.read(pull?.head ?? '', EDIT.path)).to.equal(FIXED);
    expect(pull?.body).to.match(/^Refs #1$/m);
    const created = reporting.writesTo(name).filter((write) => CREATING.includes(write));
    const afterTheIssue = CREATING.slice(2);
    expect(created, 'nothing is made twice').to.deep.equal([
      known ? 'POST /issues/comments' : 'POST /issues',
      ...afterTheIssue,
    ]);
  }

  for (const [name, step, route, known] of [
    ['found', 'had found the issue', 'GET /issues', true],
    ['created', 'had created the issue', 'POST /issues', false],
    ['commented', 'had commented', 'POST /issues/{issue_number}/comments', true],
    ['counted', 'had counted the comment', 'PATCH /issues/{issue_number}', true],
    ['blob', 'had written the blob', 'POST /git/blobs', false],
    ['tree', 'had written the tree', 'POST /git/trees', false],
    ['commit', 'had written the commit', 'POST /git/commits', false],
    ['branch', 'had created the branch', 'POST /git/refs', false],
    ['pull', 'had opened the pull request', 'POST /pulls', false],
  ] as const) {
    it(`when it ${step}`, async () => {
      const repository = await waiting(name, known);
      await killAfter(route);
      await reporting.system.startOperator();
      await expectOneOfEach(name, repository, known);
    });
  }

  it('when it had written the status: nothing more is asked for', async () => {
    const repository = await waiting('status', false);
    await reporting.system.startOperator();
    await reporting.reported('status', 'killed', 'IssueOpened');
    await reporting.system.operator?.kill();
    const asked = reporting.gitHub.requests.length;
    reporting.addRepository('next');
    await reporting.decided('status', 'next', { url: url('next') });
    await reporting.system.startOperator();
    await reporting.reported('status', 'next', 'IssueOpened');
    await expectOneOfEach('status', repository, false);
    const since = reporting.gitHub.requests.slice(asked).map(({ path }) => path);
    expect(since.filter((path) => !path.startsWith('/repos/acme/next/'))).to.deep.equal([]);
  });

  it('when it had updated the pull request for another analysis', async () => {
    const repository = await waiting('updated', false);
    await reporting.decided('updated', 'later', { url: url('updated'), pullRequest: true }, withFix([EDIT]));
    await killAfter('PATCH /pulls/{pull_number}');
    await reporting.system.startOperator();
    for (const name of ['killed', 'later'])
      await reporting.system.analysis('updated', `${name} is reported`, (one) => {
        return one.metadata.name === name && reportedOf(one)?.status === 'True';
      });
    const writes = reporting.writesTo('updated').filter((write) => CREATING.includes(write));
    expect(writes, 'nothing is made twice').to.have.members(CREATING);
    expect([repository.issues.length, repository.pulls.length]).to.deep.equal([1, 1]);
  });

  for (const [name, step, route] of [
    ['told', 'had said why it closes the issue', 'POST /issues/{issue_number}/comments'],
    ['closed', 'had closed the issue', 'PATCH /issues/{issue_number}'],
  ] as const) {
    it(`when it ${step}`, async () => {
      const repository = reporting.addRepository(name);
      const deployed = await reporting.system.deploy(name);
      reporting.addIssue(name, repository, deployed.rollout.metadata.uid);
      await reporting.system.operator?.kill();
      const killed = killAfter(route);
      const config = { observation: { waitSeconds: 3, minPower: 0 }, githubUrl: url(name) };
      await reporting.system.measure(deployed, config);
      await killed;
      await reporting.system.startOperator();
      const { status } = await reporting.reported(name, '', 'IssuesClosed');
      const issueURL = `${url(name)}/issues/1`;
      expect(status).to.include({ verdict: 'Promote', issueURL, link: issueURL });
      expect(repository.issues).to.have.length(1);
      expect(repository.issues[0]).to.include({ state: 'closed' });
      expect(repository.issues[0]?.comments).to.have.length(1);
    });
  }
});
