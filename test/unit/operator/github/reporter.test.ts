import { expect } from 'chai';
import { FakeClock } from '../../../support/fake-clock.ts';
import { abortedReport } from './fixtures.ts';
import { OTHER, type Reporting, startReporting, THIRD } from './reporting.ts';

describe('the GitHub reporter', () => {
  let reporting: Reporting;
  let github: Reporting['github'];
  let reporter: Reporting['reporter'];
  let open: Reporting['open'];
  let failure: Reporting['failure'];
  beforeEach(async () => {
    reporting = await startReporting();
    ({ github, reporter, open, failure } = reporting);
  });
  afterEach(() => reporting.end());

  it('lets go at once while it waits for another report, which keeps its place', async () => {
    const one = reporter();
    const [first, second] = [new AbortController(), new AbortController()];
    github.disturbNext({ fault: 'hang' });
    const held = failure(one.reportIssue(abortedReport(), { signal: first.signal }));
    await github.untilRequests(1);
    const waiting = failure(one.reportIssue(abortedReport({ uid: OTHER }), { signal: second.signal }));
    const last = one.reportIssue(abortedReport({ uid: THIRD }), { signal: new AbortController().signal });
    second.abort();
    expect((await waiting).code).to.equal('ABORTED');
    expect(github.requests, 'nobody goes before the first').to.have.length(1);
    first.abort();
    expect((await held).code).to.equal('ABORTED');
    expect((await last).action).to.equal('opened');
  });
  it('gives up after its time', async () => {
    github.disturbNext({ fault: 'hang' });
    const clock = new FakeClock();
    const outcome = failure(open({ config: { clock } }));
    await github.untilRequests(1);
    await clock.advance(120_000);
    const error = await outcome;
    expect(error.code).to.equal('GITHUB_UNAVAILABLE');
    expect(error.message).to.match(/did not answer within 120 s$/);
  });

  it('lets go at once when it is cancelled', async () => {
    github.disturbNext({ fault: 'hang' });
    const controller = new AbortController();
    const outcome = failure(open({ signal: controller.signal }));
    await github.untilRequests(1);
    controller.abort();
    expect((await outcome).code).to.equal('ABORTED');
    await github.untilAbandoned();
  });

  it('has no answer when nobody listens', async () => {
    await github.close();
    const error = await failure(open());
    expect(error.code).to.equal('GITHUB_UNAVAILABLE');
    expect(error.message).to.match(/gave no answer: ECONNREFUSED$/);
  });

  it('calls nobody without a token', async () => {
    const error = await failure(open({ config: { token: '' } }));
    expect(error.message).to.match(/no token is configured; set GITHUB_TOKEN on the operator$/);
    expect(github.requests).to.deep.equal([]);
  });

  for (const [what, url, config] of [
    ['another host', 'https://evil.example/acme/shop', {}],
    [
      'a repository that is not allowed',
      'https://github.com/acme/shop',
      { allowedRepositories: () => ['acme/other', 'x/*'] },
    ],
  ] as const) {
    it(`shows the token to nobody for ${what}`, async () => {
      const error = await failure(open({ report: abortedReport({ url }), config }));
      expect(error.code).to.equal('ORIGIN_FORBIDDEN');
      expect(github.requests).to.deep.equal([]);
    });
  }

  it('reports to a GitHub Enterprise Server below /api/v3', async () => {
    const enterprise = await startReporting({ prefix: '/api/v3' });
    const { url, requests } = enterprise.github;
    const report = abortedReport({ url: `${url}/acme/shop.git` });
    const { action } = await enterprise.open({ config: { webURL: url }, report });
    expect(action).to.equal('opened');
    expect(requests[0]?.path).to.equal('/api/v3/repos/acme/shop/issues');
    await enterprise.end();
  });
});
