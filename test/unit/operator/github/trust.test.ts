import { expect } from 'chai';
import { causesOf } from '../../../../operator/github/cause.ts';
import { issueText } from '../../../../operator/github/issue-text.ts';
import { markerLine } from '../../../../operator/github/marker.ts';
import type { StoredAccount } from '../../../lab/doubles/github.ts';
import { abortedReport } from './fixtures.ts';
import { NOW, OTHER, type Reporting, STRANGER, startReporting } from './reporting.ts';

const MACHINE: StoredAccount = { login: 'canary-bot', type: 'User', association: 'NONE' };
const APP: StoredAccount = { login: 'canary[bot]', type: 'Bot', association: 'NONE' };
const asIs = (text: string): string => text;

describe('a mark on GitHub', () => {
  let reporting: Reporting;
  let repository: Reporting['repository'];
  let open: Reporting['open'];
  beforeEach(async () => {
    reporting = await startReporting();
    ({ repository, open } = reporting);
  });
  afterEach(() => reporting.end());

  /** Opens the issue of the cause as an earlier analysis did, or as somebody copies it. */
  function addIssue(author: StoredAccount, seen?: number): void {
    const { title, body } = issueText(abortedReport(), asIs);
    const forged = markerLine({ uid: 'evil', causes: causesOf(abortedReport()), seen: seen ?? 1 });
    repository.issues.push({
      ...{ number: 1, title, author, labels: ['canary-analysis'], state: 'open', comments: [] },
      ...{ body: seen === undefined ? body : forged, createdAt: new Date(NOW).toISOString() },
    });
  }

  const again = { report: abortedReport({ uid: OTHER }) };

  for (const seen of [1, 999_999]) {
    it(`of a stranger's issue counts for nothing, whatever it says (seen ${seen})`, async () => {
      addIssue(STRANGER, seen);
      expect(await open(again)).to.include({
        action: 'opened',
        issueURL: 'https://github.com/acme/shop/issues/2',
      });
      expect(repository.issues[0]?.comments).to.deep.equal([]);
    });
  }

  it("of a stranger's issue counts for nothing where the token may not label either", async () => {
    repository.mayLabel = false;
    addIssue(STRANGER, 999_999);
    expect((await open(again)).action).to.equal('opened');
  });

  it("of a stranger's comment counts for nothing", async () => {
    await open();
    const body = markerLine({ uid: OTHER, causes: [], seen: 7 });
    repository.issues[0]?.comments?.push({
      id: 9,
      body,
      updatedAt: new Date(NOW).toISOString(),
      author: STRANGER,
    });
    expect(await open(again)).to.include({ action: 'commented', seen: 2 });
    expect(repository.issues[0]?.comments).to.have.length(2);
  });

  const routes = (): string[] => reporting.github.requests.map(({ method, path }) => `${method} ${path}`);

  for (const association of ['OWNER', 'MEMBER', 'COLLABORATOR'] as const) {
    it(`of ${association} counts, whoever the token is, and nobody asks`, async () => {
      addIssue({ login: 'alice', type: 'User', association });
      expect((await open(again)).action).to.equal('commented');
      expect(routes()).not.to.contain('GET /user');
    });
  }

  it('of the own account counts, whatever that is to the repository, and GitHub is asked once', async () => {
    reporting.github.account = MACHINE;
    const one = reporting.reporter();
    const { signal } = new AbortController();
    await one.reportIssue(abortedReport(), { signal });
    expect((await one.reportIssue(again.report, { signal })).action).to.equal('commented');
    expect((await one.reportIssue(again.report, { signal })).action).to.equal('commented');
    expect(routes().filter((route) => route === 'GET /user')).to.have.length(1);
  });

  it("of an App counts for an App's token", async () => {
    reporting.github.account = APP;
    await open();
    expect((await open(again)).action).to.equal('commented');
  });

  it("of a stranger counts for nothing to an App's token, nor an App's to another one", async () => {
    addIssue(APP);
    expect((await open(again)).action).to.equal('opened');
    repository.issues.splice(0);
    reporting.github.account = APP;
    addIssue(STRANGER, 1);
    expect((await open(again)).action).to.equal('opened');
  });
});

describe('the address of what GitHub made', () => {
  for (const url of [
    'https://evil.example/acme/shop/issues/1',
    'https://github.com/acme/other/issues/1',
    'https://github.com/acme/shop/pull/1',
    'https://github.com/acme/shop/issues/2',
    'https://github.com/acme/shop/issues/1/x',
    'javascript:alert(1)',
  ]) {
    it(`is none at ${url}`, async () => {
      const { github, open, failure, end } = await startReporting();
      const list = [{ number: 1, html_url: url, state: 'open', body: '', labels: [] }];
      github.disturbNext({ body: list });
      const error = await failure(open());
      expect(error.message).to.contain("answered something that is not GitHub's API");
      await end();
    });
  }
});
