import { expect } from 'chai';
import type { ProposedEdit } from '../../../../crds/v1alpha1/status.ts';
import type { Report, Reporter } from '../../../../operator/github/index.ts';
import { branchOf } from '../../../../operator/github/pull-request-lifecycle.ts';
import type { StoredCommit } from '../../../lab/doubles/github/git-store.ts';
import { abortedReport } from './fixtures.ts';
import { OTHER, type Reporting, startReporting } from './reporting.ts';

const MANIFEST = 'env:\n  - name: DB_HOST\n    value: db.old\n';
const FIX: readonly ProposedEdit[] = [{ path: 'deploy/web.yaml', before: 'db.old', after: 'db' }];

describe('the pull request of a cause', () => {
  let reporting: Reporting;
  let github: Reporting['github'];
  let repository: Reporting['repository'];
  beforeEach(async () => {
    reporting = await startReporting();
    ({ github, repository } = reporting);
    repository.git.seed('main', {
      'deploy/web.yaml': MANIFEST,
      'deploy/link': { mode: '120000', target: '../../etc/passwd' },
      'deploy/sub': { mode: '160000', target: '1'.repeat(40) },
    });
  });
  afterEach(() => reporting.end());

  function withFix(edits: readonly ProposedEdit[] | undefined, uid?: string): Report {
    const opinion = {
      reviewer: 'gemini/x',
      verdict: 'Abort',
      confidence: 90,
      remediation: 'Set DB_HOST back.',
    } as const;
    const proposedFix =
      edits === undefined ? {} : { proposedFix: { summary: 'Set it back.', edits: [...edits] } };
    const status = { opinions: [{ ...opinion, ...proposedFix }] };
    return abortedReport(uid === undefined ? { status } : { status, uid });
  }

  function propose(report: Report, issueURL?: string): ReturnType<Reporter['proposeFix']> {
    const reporter = reporting.reporter({ pullRequestPaths: ['deploy'] });
    const { signal } = new AbortController();
    return reporter.proposeFix(report, { signal, ...(issueURL === undefined ? {} : { issueURL }) });
  }

  it('holds the fix on a branch off the base, and refers to the issue', async () => {
    const report = withFix(FIX);
    const outcome = await propose(report, 'https://github.com/acme/shop/issues/12');
    const branch = branchOf(report);
    expect(branch).to.match(/^canary-analysis\/web-[0-9a-f]{16}$/);
    expect(outcome).to.deep.equal({
      pullRequestURL: 'https://github.com/acme/shop/pull/1',
      action: 'opened',
    });
    expect(repository.git.read(branch, 'deploy/web.yaml')).to.equal(MANIFEST.replace('db.old', 'db'));
    expect(repository.git.read(branch, 'README.md')).to.equal('# shop\n');
    const [pull] = repository.pulls;
    expect(pull).to.include({ head: branch, base: 'main', title: 'Fix web: Set it back.' });
    expect(pull?.body)
      .to.contain('Refs #12')
      .and.contain('- `deploy/web.yaml`')
      .and.contain('Read it before you merge');
  });

  it('is made against the configured branch, and says so when there is none', async () => {
    repository.git.seed('release', { 'deploy/web.yaml': MANIFEST });
    await propose({ ...withFix(FIX), baseBranch: 'release' });
    expect(repository.pulls[0]).to.include({ base: 'release' });
    const refused = await propose({ ...withFix(FIX), baseBranch: 'gone' }).catch((error: Error) => error);
    expect(refused)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/branch gone does not exist/);
  });

  it('is found again, not made again, and is updated by another analysis of the cause', async () => {
    await propose(withFix(FIX));
    const { size } = repository.git.commits;
    expect((await propose(withFix(FIX))).action).to.equal('found');
    expect((await propose(withFix(FIX, OTHER))).action).to.equal('updated');
    expect(repository.git.commits.size).to.equal(size);
    expect(repository.pulls).to.have.length(1);
  });

  for (const route of [
    'POST /git/blobs',
    'POST /git/trees',
    'POST /git/commits',
    'POST /git/refs',
    'POST /pulls',
  ]) {
    it(`is one, on one branch with one commit, when the answer to ${route} was lost`, async () => {
      const report = withFix(FIX);
      const lost = github.loseNext(route);
      await propose(report).catch(() => {});
      await lost;
      await propose(report);
      const { git, pulls } = repository;
      expect(pulls).to.have.length(1);
      expect([...git.refs.keys()]).to.deep.equal(['heads/main', `heads/${branchOf(report)}`]);
      const head = git.commits.get(git.refs.get(`heads/${branchOf(report)}`) ?? '');
      expect(head?.parents).to.deep.equal([git.refs.get('heads/main')]);
    });
  }

  for (const [what, edits, why] of [
    ['no fix', undefined, /no reviewer proposed a fix/],
    ['path traversal', [{ path: 'deploy/../../etc/passwd', before: '', after: 'x' }], /leaves the tree/],
    ['an absolute path', [{ path: '/etc/passwd', before: '', after: 'x' }], /absolute/],
    ['a workflow', [{ path: '.github/workflows/x.yaml', before: '', after: 'x' }], /automation/],
    ['a file that is not allowed', [{ path: 'src/a', before: '', after: 'x' }], /pullRequestPaths/],
    ['a symbolic link', [{ path: 'deploy/link', before: 'etc', after: 'x' }], /symbolic link/],
    ['a path under a symbolic link', [{ path: 'deploy/link/x', before: '', after: 'x' }], /is no folder/],
    ['a submodule', [{ path: 'deploy/sub', before: 'a', after: 'x' }], /submodule/],
    [
      'a base that moved on',
      [{ path: 'deploy/web.yaml', before: 'gone', after: 'x' }],
      /does not hold the text/,
    ],
    [
      '1,000 files',
      Array.from({ length: 1000 }, (_, i) => ({ path: `deploy/${i}`, before: '', after: 'x' })),
      /1000 edits/,
    ],
    ['a secret', [{ path: 'deploy/x', before: '', after: 'password hunter2' }], /looks like a secret/],
  ] as const) {
    it(`becomes a proposal in words for ${what}`, async () => {
      const report = withFix(edits);
      const outcome = await propose(report);
      expect(outcome.why).to.match(why);
      const branch = branchOf(report);
      const path = `canary-analysis/proposals/${branch.slice('canary-analysis/'.length)}.md`;
      expect(repository.git.read(branch, path))
        .to.contain('## What to do\n\nSet DB\\_HOST back.')
        .and.not.contain('hunter2');
      expect(repository.git.read(branch, 'deploy/web.yaml')).to.equal(MANIFEST);
      expect(repository.pulls[0]?.body).to.contain(path);
    });
  }

  it('says why a fix was left out that the reviewer did propose', async () => {
    const opinion = { reviewer: 'gemini/x', verdict: 'Abort', confidence: 90 } as const;
    const fixLeftOut = 'it has 1000 edits, more than 8';
    const outcome = await propose(abortedReport({ status: { opinions: [{ ...opinion, fixLeftOut }] } }));
    expect(outcome.why).to.equal(`the fix that a reviewer proposed was not kept: ${fixLeftOut}`);
  });

  it('stays closed when a person has closed it, and is made again when it was merged', async () => {
    await propose(withFix(FIX));
    const [pull] = repository.pulls;
    if (pull === undefined) throw new Error('there is no pull request');
    pull.state = 'closed';
    expect(await propose(withFix(FIX, OTHER))).to.include({ action: 'left' });
    pull.merged = true;
    repository.git.refs.delete(`heads/${branchOf(withFix(FIX))}`);
    expect(await propose(withFix(FIX, OTHER))).to.include({ action: 'opened' });
    expect(repository.pulls).to.have.length(2);
  });

  it('is made anew off the base when it was merged, also where the branch was kept', async () => {
    const report = withFix(FIX);
    await propose(report);
    const [pull] = repository.pulls;
    if (pull === undefined) throw new Error('there is no pull request');
    const merged = repository.git.refs.get(`heads/${pull.head}`);
    Object.assign(pull, { state: 'closed', merged: true });
    const base = repository.git.seed('main', { 'deploy/web.yaml': MANIFEST, 'deploy/new': 'later' });
    const lost = github.loseNext('POST /pulls');
    await propose(withFix(FIX, OTHER)).catch(() => {});
    await lost;
    expect(repository.pulls).to.have.length(2);
    expect(await propose(withFix(FIX, OTHER))).to.include({ action: 'found' });
    const { git, pulls } = repository;
    expect(pulls).to.have.length(2);
    expect(git.commits.get(git.refs.get(`heads/${pull.head}`) ?? '')?.parents).to.deep.equal([merged, base]);
    expect(git.read(pull.head, 'deploy/web.yaml')).to.equal(MANIFEST.replace('db.old', 'db'));
    expect(git.read(pull.head, 'deploy/new')).to.equal('later');
  });

  for (const [what, edit, content] of [
    [
      'inserts',
      { before: '  - name: DB_HOST\n', after: '  - name: NEW\n  - name: DB_HOST\n' },
      MANIFEST.replace('  - name: DB_HOST\n', '  - name: NEW\n  - name: DB_HOST\n'),
    ],
    ['deletes', { before: '    value: db.old\n', after: '' }, MANIFEST.replace('    value: db.old\n', '')],
  ] as const) {
    it(`has a fix that ${what} once, however often it is tried`, async () => {
      const fix = [{ path: 'deploy/web.yaml', ...edit }];
      const lost = github.loseNext('POST /pulls');
      await propose(withFix(fix)).catch(() => {});
      await lost;
      const { size } = repository.git.commits;
      await propose(withFix(fix));
      await propose(withFix(fix, OTHER));
      const branch = branchOf(withFix(fix));
      expect(repository.git.read(branch, 'deploy/web.yaml')).to.equal(content);
      expect(repository.git.commits.size).to.equal(size);
      expect(repository.pulls).to.have.length(1);
    });
  }

  it('has the fix of a later analysis in the place of the first one', async () => {
    await propose(withFix(FIX));
    const branch = branchOf(withFix(FIX));
    const first = repository.git.refs.get(`heads/${branch}`) ?? '';
    expect(await propose(withFix(LATER, OTHER))).to.include({ action: 'updated' });
    expect(repository.git.read(branch, 'deploy/web.yaml')).to.equal(MANIFEST.replace('db.old', 'db.new'));
    expect(repository.git.descends(repository.git.refs.get(`heads/${branch}`) ?? '', first)).to.equal(true);
  });

  const LATER = [{ path: 'deploy/web.yaml', before: 'value: db.old', after: 'value: db.new' }];

  for (const [what, change] of [
    [
      'committed to its branch',
      (head: StoredCommit, sha: string) => ({ ...head, message: 'Use DNS', parents: [sha] }),
    ],
    ['amended its commit', (head: StoredCommit) => ({ ...head, amended: true })],
  ] as const) {
    it(`is left alone once somebody has ${what}`, async () => {
      await propose(withFix(FIX));
      const { git, pulls } = repository;
      const ref = `heads/${branchOf(withFix(FIX))}`;
      const head = git.refs.get(ref) ?? '';
      const commit = git.commits.get(head);
      if (commit === undefined) throw new Error('there is no commit');
      const theirs = git.addCommit(change(commit, head));
      git.refs.set(ref, theirs);
      const { body, title } = pulls[0] ?? {};
      expect(await propose(withFix(LATER, OTHER))).to.deep.equal({
        pullRequestURL: 'https://github.com/acme/shop/pull/1',
        action: 'edited',
      });
      expect(git.refs.get(ref)).to.equal(theirs);
      expect(pulls[0]).to.include({ body, title });
    });
  }

  it('is not made where its branch is of somebody else, which is said and left', async () => {
    const { git, pulls } = repository;
    const branch = branchOf(withFix(FIX));
    const theirs = git.seed(branch, { 'deploy/mine': 'by hand' });
    const refused = await propose(withFix(FIX)).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'GITHUB_REFUSED' });
    expect(refused).to.have.property('message').that.contains(`the branch ${branch} has commits`);
    expect(git.refs.get(`heads/${branch}`)).to.equal(theirs);
    expect(pulls).to.deep.equal([]);
  });

  it('is not rewritten by an analysis of the cause whose fix does not apply', async () => {
    await propose(withFix(FIX));
    const { body } = repository.pulls[0] ?? {};
    const gone = [{ path: 'deploy/web.yaml', before: 'gone', after: 'x' }];
    expect(await propose(withFix(gone, OTHER))).to.include({ action: 'kept' });
    expect(repository.pulls[0]).to.include({ body });
    const head = repository.git.read(branchOf(withFix(FIX)), 'deploy/web.yaml');
    expect(head).to.equal(MANIFEST.replace('db.old', 'db'));
  });

  it('is found when it was merged before its link was written down', async () => {
    const { pullRequestURL } = await propose(withFix(FIX));
    Object.assign(repository.pulls[0] ?? {}, { state: 'closed', merged: true });
    expect(await propose(withFix(FIX))).to.deep.equal({ pullRequestURL, action: 'merged' });
    expect(repository.pulls).to.have.length(1);
  });

  for (const [what, files, why] of [
    [
      'a symbolic link',
      { 'canary-analysis': { mode: '120000', target: '../elsewhere' } },
      /canary-analysis is no folder/,
    ],
    [
      'a submodule',
      { 'canary-analysis/proposals': { mode: '160000', target: '1'.repeat(40) } },
      /canary-analysis\/proposals is no folder/,
    ],
    ['a file', { 'canary-analysis': 'text' }, /canary-analysis is no folder/],
  ] as const) {
    it(`is refused in words where ${what} is in the way`, async () => {
      repository.git.seed('main', files);
      const refused = await propose(withFix(undefined)).catch((error: unknown) => error);
      expect(refused).to.include({ code: 'GITHUB_REFUSED' });
      expect(refused).to.have.property('message').that.matches(why);
      expect(repository.pulls).to.have.length(0);
      expect([...repository.git.refs.keys()]).to.deep.equal(['heads/main']);
    });
  }

  it('is not rewritten by an analysis of the cause that has no fix', async () => {
    await propose(withFix(FIX));
    const { body } = repository.pulls[0] ?? {};
    expect(await propose(withFix(undefined, OTHER))).to.include({ action: 'kept' });
    expect(repository.pulls[0]).to.include({ body });
  });

  it('says what the token lacks', async () => {
    repository.mayWriteContents = false;
    const refused = await propose(withFix(FIX)).catch((error: unknown) => error);
    expect(refused)
      .to.have.property('message')
      .that.matches(/"Contents" and "Pull requests"/);
  });
});
