import { expect } from 'chai';
import { fingerprint } from '../../../../operator/github/cause.ts';
import { abortedReport } from './fixtures.ts';
import { OTHER, type Reporting, startReporting, THIRD } from './reporting.ts';

const OPTIONS = { signal: new AbortController().signal };

describe('the issue of a cause', () => {
  let reporting: Reporting;
  let github: Reporting['github'];
  let repository: Reporting['repository'];
  let lines: Reporting['lines'];
  let reporter: Reporting['reporter'];
  let open: Reporting['open'];
  let failure: Reporting['failure'];
  beforeEach(async () => {
    reporting = await startReporting();
    ({ github, repository, lines, reporter, open, failure } = reporting);
  });
  afterEach(() => reporting.end());

  it('opens a labelled issue and tells where it is', async () => {
    expect(await open()).to.deep.equal({
      issueURL: 'https://github.com/acme/shop/issues/1',
      action: 'opened',
      seen: 1,
      cause: fingerprint(abortedReport()),
    });
    const [issue] = repository.issues;
    expect(issue?.labels).to.deep.equal(['canary-analysis']);
    expect(issue?.title).to.equal(
      'Canary of web aborted: canary logs "connection refused" 40 times, stable never',
    );
    expect(issue?.body).to.contain('password <secret>').and.not.to.contain('hunter2');
    expect(lines).to.deep.equal([
      `Attempting to create GitHub issue {"repository":"acme/shop","canaryAnalysis":"web-abc-2-logs-1-0123abcd"}`,
    ]);
  });

  it('finds the issue of an earlier call instead of opening a second, also when it was closed', async () => {
    const { issueURL } = await open();
    for (const issue of repository.issues) issue.state = 'closed';
    expect(await open()).to.deep.equal({
      issueURL,
      action: 'found',
      seen: 1,
      cause: fingerprint(abortedReport()),
    });
    expect(repository.issues).to.have.length(1);
  });

  it('finds the issue whose creation was answered to nobody', async () => {
    void github.loseNext('POST /issues');
    const error = await failure(open());
    expect(error.code).to.equal('GITHUB_UNAVAILABLE');
    expect(await open()).to.deep.equal({
      issueURL: 'https://github.com/acme/shop/issues/1',
      action: 'found',
      seen: 1,
      cause: fingerprint(abortedReport()),
    });
    expect(repository.issues).to.have.length(1);
  });

  it('finds the issue also when the token may not label', async () => {
    repository.mayLabel = false;
    await open();
    expect(lines.at(-1)).to.match(/^GitHub dropped the label/);
    expect((await open()).action).to.equal('found');
    expect(repository.issues).to.have.length(1);
  });

  it('finds the open issue of the cause also when the token may not label', async () => {
    repository.mayLabel = false;
    await open();
    expect(await open({ report: abortedReport({ uid: OTHER }) })).to.include({
      action: 'commented',
      seen: 2,
    });
    expect(repository.issues).to.have.length(1);
  });

  it('finds the open issue of the cause that nobody has changed for a year', async () => {
    await open();
    for (const issue of repository.issues) issue.updatedAt = '2025-01-01T00:00:00Z';
    expect(await open({ report: abortedReport({ uid: OTHER }) })).to.include({
      action: 'commented',
      seen: 2,
    });
    expect(repository.issues).to.have.length(1);
  });

  it('knows an issue by the causes that it was met with', async () => {
    await open();
    const findings = [{ id: 'F1', kind: 'CrashLoop', severity: 'Blocking', message: 'it crashes' }] as const;
    const next = { findings: [...findings] };
    await open({ report: abortedReport({ uid: OTHER, status: next }) });
    const report = abortedReport({ uid: THIRD, status: { ...next, canaryHash: '84c5cbb6f' } });
    const outcome = await open({ report });
    expect(outcome).to.include({ action: 'commented', seen: 3, cause: fingerprint(abortedReport()) });
  });

  it('finds the issue behind many newer ones', async () => {
    await open();
    reporting.addForeignIssues(120);
    expect(await open()).to.deep.equal({
      issueURL: 'https://github.com/acme/shop/issues/1',
      action: 'found',
      seen: 1,
      cause: fingerprint(abortedReport()),
    });
  });

  it('opens an issue of its own for another cause', async () => {
    await open();
    const findings = [{ id: 'F1', kind: 'CrashLoop', severity: 'Blocking', message: 'it crashes' }] as const;
    const status = { findings: [...findings], canaryHash: '84c5cbb6f' };
    const report = abortedReport({ uid: OTHER, status });
    expect((await open({ report })).action).to.equal('opened');
    expect(repository.issues).to.have.length(2);
  });

  it('comments on the open issue of the same cause, once for each analysis, and counts', async () => {
    await open();
    const report = abortedReport({ uid: OTHER });
    expect(await open({ report })).to.include({ action: 'commented', seen: 2 });
    expect(await open({ report })).to.include({ action: 'commented', seen: 2 });
    expect(await open({ report: abortedReport({ uid: THIRD }) })).to.include({
      action: 'commented',
      seen: 3,
    });
    expect(repository.issues).to.have.length(1);
    const comments = repository.issues[0]?.comments ?? [];
    expect(comments).to.have.length(2);
    expect(comments[1]?.body).to.match(/^\*\*The same cause again, for the 3rd time\.\*\*/);
    expect(comments[0]?.body).not.to.contain('hunter2');
  });

  it('has the same cause while one of the gravest findings is the same', async () => {
    await open();
    const [finding] = abortedReport().status.findings ?? [];
    if (finding === undefined) throw new Error('there is no finding');
    const other = { ...finding, id: 'F1', template: 'another error of that kind' };
    const findings = [other, { ...finding, id: 'F2' }];
    const report = abortedReport({ uid: OTHER, status: { findings, canaryHash: '84c5cbb6f' } });
    expect((await open({ report })).action).to.equal('commented');
  });

  it('has one issue for one revision, whatever it shows', async () => {
    await open();
    const findings = [{ id: 'F1', kind: 'CrashLoop', severity: 'Blocking', message: 'it crashes' }] as const;
    const report = abortedReport({ uid: OTHER, status: { findings: [...findings] } });
    expect((await open({ report })).action).to.equal('commented');
  });

  it('finds the comment whose creation was answered to nobody', async () => {
    await open();
    void github.loseNext('POST /issues/{issue_number}/comments');
    const report = abortedReport({ uid: OTHER });
    await failure(open({ report }));
    expect(await open({ report })).to.include({ seen: 2 });
    expect(repository.issues[0]?.comments).to.have.length(1);
    expect((await open({ report: abortedReport({ uid: THIRD }) })).seen).to.equal(3);
  });

  it('leaves an issue closed that a person closed, and opens another', async () => {
    await open();
    for (const issue of repository.issues) issue.state = 'closed';
    expect((await open({ report: abortedReport({ uid: OTHER }) })).action).to.equal('opened');
    expect(repository.issues).to.have.length(2);
  });

  it('makes one issue of two reports of a cause at the same time', async () => {
    const one = reporter();
    const reports = [abortedReport(), abortedReport({ uid: OTHER })];
    const outcomes = await Promise.all(reports.map((report) => one.reportIssue(report, OPTIONS)));
    expect(outcomes.map(({ action }) => action)).to.deep.equal(['opened', 'commented']);
    expect(repository.issues).to.have.length(1);
  });
});
