import { expect } from 'chai';
import { createClient } from '../../../../operator/github/client.ts';
import { OwnAccount } from '../../../../operator/github/own-account.ts';
import { QuietTime } from '../../../../operator/github/quiet-time.ts';
import type { RateLimitOptions } from '../../../lab/doubles/github/rate-limits.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { abortedReport } from './fixtures.ts';
import { NOW, OTHER, type Reporting, startReporting, TOKEN } from './reporting.ts';

const OPTIONS = { signal: new AbortController().signal };
/** What the report of a new cause asks: three lists and the issue. */
const REQUESTS = 4;

describe("GitHub's rate limits", () => {
  let clock: FakeClock;
  let reporting: Reporting;
  async function start(limits: RateLimitOptions): Promise<Reporting> {
    clock = new FakeClock(NOW);
    reporting = await startReporting({ limits, now: () => new Date(clock.now()) });
    return reporting;
  }
  afterEach(async () => {
    await reporting.end();
    expect(reporting.github.impatient).to.deep.equal([]);
  });

  const elsewhere = abortedReport({ url: 'https://github.com/acme/other', uid: OTHER });

  it('in an hour: the report goes on when GitHub says that it is over, and till then nobody asks', async () => {
    const { github, repository, reporter, failure } = await start({ perHour: REQUESTS + 1 });
    const other = github.addRepository('acme/other');
    const one = reporter({ clock });
    await one.reportIssue(abortedReport(), OPTIONS);
    const limited = await failure(one.reportIssue(elsewhere, OPTIONS));
    expect(limited).to.include({ code: 'GITHUB_UNAVAILABLE', retryAfterMs: 3_600_000 });
    expect(limited.message).to.match(/acme\/other: GitHub asks to wait \(rate limit\) \(HTTP 403\)$/);
    await clock.advance(3_599_000);
    const quiet = await failure(one.reportIssue(abortedReport({ uid: OTHER }), OPTIONS));
    expect(quiet).to.include({ code: 'GITHUB_UNAVAILABLE', retryAfterMs: 1000 });
    expect(github.requests).to.have.length(REQUESTS + 2);
    await clock.advance(1000);
    expect((await one.reportIssue(elsewhere, OPTIONS)).action).to.equal('opened');
    expect([repository.issues.length, other.issues.length]).to.deep.equal([1, 1]);
  });

  it('of writes in a minute: what was begun is found again, and there is one issue', async () => {
    const { github, repository, reporter, failure } = await start({ writesPerMinute: 2 });
    const one = reporter({ clock });
    await one.reportIssue(abortedReport(), OPTIONS);
    await clock.advance(20_000);
    const again = abortedReport({ uid: OTHER });
    const limited = await failure(one.reportIssue(again, OPTIONS));
    expect(limited).to.include({ code: 'GITHUB_UNAVAILABLE', retryAfterMs: 40_000 });
    expect(repository.issues[0]?.comments, 'commented, but not yet counted').to.have.length(1);
    await clock.advance(40_000);
    expect(await one.reportIssue(again, OPTIONS)).to.include({ action: 'commented', seen: 2 });
    expect(repository.issues).to.have.length(1);
    expect(repository.issues[0]?.comments).to.have.length(1);
    expect(github.requests.filter(({ method }) => method !== 'GET')).to.have.length(4);
  });

  it('met by one report stop another that is under way', async () => {
    const { github, failure } = await start({ writesPerMinute: 0 });
    github.addRepository('acme/other');
    const now = (): number => clock.now();
    const [shared, { signal }] = [
      { token: TOKEN, now, quiet: new QuietTime(now), account: new OwnAccount(), paced: false },
      OPTIONS,
    ];
    const clients = ['shop', 'other'].map((name) => {
      const pageURL = `https://github.com/acme/${name}`;
      const repository = { owner: 'acme', name, pageURL, apiURL: github.url };
      return createClient({ ...shared, repository, signal });
    });
    const [shop, other] = clients;
    await other?.request('GET /issues');
    const issue = { title: 'one too many' };
    for (const client of [shop, other]) {
      const error = await failure(client?.request('POST /issues', issue) ?? Promise.resolve());
      expect(error).to.include({ code: 'GITHUB_UNAVAILABLE', retryAfterMs: 60_000 });
    }
    expect(github.requests.map(({ method }) => method)).to.deep.equal(['GET', 'POST']);
  });
});
