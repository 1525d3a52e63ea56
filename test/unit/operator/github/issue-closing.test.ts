import { expect } from 'chai';
import type { Report } from '../../../../operator/github/index.ts';
import { abortedReport } from './fixtures.ts';
import { OTHER, type Reporting, STRANGER, startReporting, THIRD } from './reporting.ts';

const OPTIONS = { signal: new AbortController().signal };

/** The report of an analysis that came later and promotes. */
function promoted(overrides: Parameters<typeof abortedReport>[0] = {}): Report {
  const status = { verdict: 'Promote', message: 'fit', completionTime: '2026-01-01T12:04:00Z' } as const;
  return abortedReport({ uid: OTHER, status, ...overrides });
}

describe('the issue of a Rollout that is promoted', () => {
  let reporting: Reporting;
  let github: Reporting['github'];
  let repository: Reporting['repository'];
  let reporter: Reporting['reporter'];
  let open: Reporting['open'];
  beforeEach(async () => {
    reporting = await startReporting();
    ({ github, repository, reporter, open } = reporting);
  });
  afterEach(() => reporting.end());

  it('is commented on and closed by a Promote, and opened again when the cause is back', async () => {
    const { issueURL } = await open();
    const { closeIssue } = reporter();
    expect(await closeIssue(promoted(), issueURL, OPTIONS)).to.equal('closed');
    expect(await closeIssue(promoted(), issueURL, OPTIONS)).to.equal('closed');
    expect(repository.issues[0]).to.include({ state: 'closed' });
    expect(repository.issues[0]?.comments).to.have.length(1);
    expect(await open({ report: abortedReport({ uid: THIRD }) })).to.include({
      action: 'reopened',
      issueURL,
    });
    expect(repository.issues[0]).to.include({ state: 'open' });
  });

  it('is not said to be closed by us where a person has closed it', async () => {
    const { issueURL } = await open();
    for (const issue of repository.issues) issue.state = 'closed';
    expect(await reporter().closeIssue(promoted(), issueURL, OPTIONS)).to.equal('alreadyClosed');
    expect(repository.issues[0]?.comments).to.deep.equal([]);
  });

  it('is left alone where it is not ours', async () => {
    reporting.addForeignIssues(1);
    const closing = reporter().closeIssue(promoted(), 'https://github.com/acme/shop/issues/1', OPTIONS);
    expect(await closing).to.equal('notOurs');
    expect(repository.issues[0]).to.include({ state: 'open' });
  });

  it('is left alone where a stranger says that it is ours', async () => {
    await open();
    const [issue] = repository.issues;
    if (issue !== undefined) repository.issues[0] = { ...issue, author: STRANGER };
    expect(await reporter().issuesToClose(promoted(), OPTIONS)).to.deep.equal([]);
    const closing = reporter().closeIssue(promoted(), 'https://github.com/acme/shop/issues/1', OPTIONS);
    expect(await closing).to.equal('notOurs');
    expect(repository.issues[0]).to.include({ state: 'open' });
  });

  it('is not closed by a Promote of the Rollout of that name in another cluster', async () => {
    const elsewhere = { rolloutUID: '88888888-2222-3333-4444-555555555555' };
    const here = await open();
    const there = await open({ report: abortedReport({ uid: OTHER, ...elsewhere }) });
    expect(there.issueURL, 'each has an issue of its own').not.to.equal(here.issueURL);
    const { closeIssue } = reporter();
    const fit = promoted({ uid: THIRD, ...elsewhere });
    expect(await closeIssue(fit, here.issueURL, OPTIONS), 'though its address is known').to.equal(
      'ofAnother',
    );
    expect(await closeIssue(fit, there.issueURL, OPTIONS)).to.equal('closed');
    expect(repository.issues.map(({ state }) => state)).to.deep.equal(['open', 'closed']);
  });

  it('is left open by a Promote when a later analysis has met the cause', async () => {
    const { issueURL } = await open();
    const later = { completionTime: '2026-01-01T12:04:01Z' };
    await open({ report: abortedReport({ uid: OTHER, status: later }) });
    expect(await reporter().closeIssue(promoted(), issueURL, OPTIONS)).to.equal('metSince');
    expect(await reporter().issuesToClose(promoted(), OPTIONS)).to.deep.equal([]);
    expect(repository.issues[0]).to.include({ state: 'open' });
    expect(repository.issues[0]?.comments).to.have.length(1);
  });

  describe('that no analysis knows of any more', () => {
    const find = (report = promoted()): Promise<readonly string[]> =>
      reporter().issuesToClose(report, OPTIONS);

    it('is found by its Rollout, whatever the cause', async () => {
      const { issueURL } = await open();
      const causes = { canaryHash: '84c5cbb6f', findings: [] };
      const other = await open({ report: abortedReport({ uid: THIRD, status: causes }) });
      reporting.addForeignIssues(1);
      expect(await find()).to.have.members([issueURL, other.issueURL]);
      expect(github.requests.at(-1)?.query.get('labels'), 'of our label alone').to.equal('canary-analysis');
    });

    it('is found again by the Promote that has closed it, and by no other', async () => {
      const { issueURL } = await open();
      await reporter().closeIssue(promoted(), issueURL, OPTIONS);
      expect(await find()).to.deep.equal([issueURL]);
      expect(await find(promoted({ uid: THIRD }))).to.deep.equal([]);
    });

    it('is found when it was met again, and opened again', async () => {
      const { issueURL } = await open();
      await reporter().closeIssue(promoted(), issueURL, OPTIONS);
      const again = { completionTime: '2026-01-01T12:05:00Z' };
      const { action } = await open({ report: abortedReport({ uid: THIRD, status: again }) });
      expect(action).to.equal('reopened');
      const later = promoted({ status: { verdict: 'Promote', completionTime: '2026-01-01T12:06:00Z' } });
      expect(await find(later)).to.deep.equal([issueURL]);
      expect(await find(), 'not by a Promote before it').to.deep.equal([]);
    });

    it('is not that of another Rollout of the same name, as another cluster may have one', async () => {
      await open();
      const rolloutUID = '88888888-2222-3333-4444-555555555555';
      expect(await find(promoted({ rolloutUID }))).to.deep.equal([]);
      const { rolloutUID: _, ...selected } = promoted();
      expect(await find(selected), 'nor without a Rollout').to.deep.equal([]);
    });

    it('is not asked for without a token', async () => {
      expect(await reporter({ token: '' }).issuesToClose(promoted(), OPTIONS)).to.deep.equal([]);
      expect(github.requests).to.deep.equal([]);
    });
  });
});
