import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import { CodedError } from '../../../../crds/errors.ts';
import { fingerprint } from '../../../../operator/github/cause.ts';
import {
  ATTEMPTING_ISSUE,
  createReporter,
  GitHubError,
  type Report,
  type Reporter,
  type ReporterConfig,
} from '../../../../operator/github/index.ts';
import {
  type GitHubDouble,
  refusal,
  type StoredRepository,
  startGitHubDouble,
} from '../../../lab/doubles/github.ts';
import type { Answer } from '../../../lab/doubles/http-double.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { abortedReport } from './fixtures.ts';

const TOKEN = 'ghp_TheTokenThatNobodyMaySee';
const NOW = Date.UTC(2026, 0, 1, 12, 5);
const OTHER = '99999999-2222-3333-4444-555555555555';
const THIRD = '77777777-2222-3333-4444-555555555555';

describe('the GitHub reporter', () => {
  let github: GitHubDouble;
  let repository: StoredRepository;
  let lines: string[];
  beforeEach(async () => {
    github = await startGitHubDouble({ token: TOKEN, now: () => new Date(NOW) });
    repository = github.addRepository('acme/shop');
    lines = [];
  });
  afterEach(async () => {
    await github.close();
    expect(github.violations).to.deep.equal([]);
  });

  function reporter(config: Partial<ReporterConfig> = {}): Reporter {
    const log = (message: string, fields?: object): void => {
      lines.push(`${message} ${JSON.stringify(fields)}`);
    };
    return createReporter({
      token: TOKEN,
      apiURL: github.url,
      redact: (text) => text.replaceAll('hunter2', '<secret>'),
      clock: { ...systemClock, now: () => NOW },
      logger: { info: log, warn: log },
      paced: false,
      ...config,
    });
  }

  function open(
    options: {
      readonly config?: Partial<ReporterConfig>;
      readonly report?: Report;
      readonly signal?: AbortSignal;
    } = {},
  ): ReturnType<Reporter['reportIssue']> {
    return reporter(options.config).reportIssue(options.report ?? abortedReport(), {
      signal: options.signal ?? new AbortController().signal,
    });
  }

  async function failure(promise: Promise<unknown>): Promise<CodedError> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(CodedError);
    const coded = error as CodedError;
    expect(JSON.stringify([coded.message, coded.stack, String(coded.cause), coded, lines])).not.to.contain(
      TOKEN,
    );
    return coded;
  }

  it('opens a labelled issue and tells where it is', async () => {
    expect(await open()).to.deep.equal({
      issueURL: `${github.url}/acme/shop/issues/1`,
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
      `${ATTEMPTING_ISSUE} {"repository":"acme/shop","canaryAnalysis":"web-abc-2-logs-1-0123abcd"}`,
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
      issueURL: `${github.url}/acme/shop/issues/1`,
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
    for (let count = 0; count < 120; count += 1) await addForeignIssue(count);
    expect(await open()).to.deep.equal({
      issueURL: `${github.url}/acme/shop/issues/1`,
      action: 'found',
      seen: 1,
      cause: fingerprint(abortedReport()),
    });
  });

  function addForeignIssue(count: number): void {
    repository.issues.push({
      number: repository.issues.length + 1,
      title: `another ${count}`,
      body: 'of another analysis',
      labels: ['canary-analysis'],
      createdAt: new Date(NOW).toISOString(),
      state: 'open',
    });
  }

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
    expect(await open({ report })).to.include({ action: 'found', seen: 2 });
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

  it('closes an issue with a comment for a Promote, and opens it again when the cause is back', async () => {
    const { issueURL } = await open();
    const promoted = abortedReport({ uid: OTHER, status: { verdict: 'Promote', message: 'fit' } });
    const { closeIssue } = reporter();
    const { signal } = new AbortController();
    expect(await closeIssue(promoted, issueURL, { signal })).to.equal('closed');
    expect(await closeIssue(promoted, issueURL, { signal })).to.equal('closed');
    expect(repository.issues[0]).to.include({ state: 'closed' });
    expect(repository.issues[0]?.comments).to.have.length(1);
    expect(await open({ report: abortedReport({ uid: THIRD }) })).to.include({
      action: 'reopened',
      issueURL,
    });
    expect(repository.issues[0]).to.include({ state: 'open' });
  });

  it('does not say that it closed an issue that a person had closed', async () => {
    const { issueURL } = await open();
    for (const issue of repository.issues) issue.state = 'closed';
    const promoted = abortedReport({ uid: OTHER, status: { verdict: 'Promote', message: 'fit' } });
    const { signal } = new AbortController();
    expect(await reporter().closeIssue(promoted, issueURL, { signal })).to.equal('alreadyClosed');
    expect(repository.issues[0]?.comments).to.deep.equal([]);
  });

  it('closes no issue that it did not open', async () => {
    addForeignIssue(0);
    const closed = reporter().closeIssue(abortedReport({ uid: OTHER }), `${github.url}/acme/shop/issues/1`, {
      signal: new AbortController().signal,
    });
    expect(await closed).to.equal('notOurs');
    expect(repository.issues[0]).to.include({ state: 'open' });
  });

  it('leaves an issue closed that a person closed, and opens another', async () => {
    await open();
    for (const issue of repository.issues) issue.state = 'closed';
    expect((await open({ report: abortedReport({ uid: OTHER }) })).action).to.equal('opened');
    expect(repository.issues).to.have.length(2);
  });

  it('makes one issue of two reports of a cause at the same time', async () => {
    const one = reporter();
    const { signal } = new AbortController();
    const reports = [abortedReport(), abortedReport({ uid: OTHER })];
    const outcomes = await Promise.all(reports.map((report) => one.reportIssue(report, { signal })));
    expect(outcomes.map(({ action }) => action)).to.deep.equal(['opened', 'commented']);
    expect(repository.issues).to.have.length(1);
  });

  it('lets go at once while it waits for another report, which keeps its place', async () => {
    const one = reporter();
    const [first, second] = [new AbortController(), new AbortController()];
    github.failNext({ fault: 'hang' });
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

  const secret = 'a body that nobody may see';
  const FAILURES: readonly {
    readonly cause: string;
    readonly answer: Answer;
    readonly code: CodedError['code'];
    readonly message: RegExp;
    readonly retryAfterMs?: number;
  }[] = [
    ...([401, 403, 404, 410, 422] as const).map((status) => ({
      cause: String(status),
      answer: refusal(status, secret),
      code: 'GITHUB_REFUSED' as const,
      message: {
        401: /the token is not valid or has expired; set a new GITHUB_TOKEN \(HTTP 401\)$/,
        403: /the token may not do this; it needs "Issues: read and write"/,
        404: /no such repository, or the token does not reach it/,
        410: /issues are disabled in the repository/,
        422: /finds the content not valid/,
      }[status],
    })),
    {
      cause: 'a repository that has moved',
      answer: { status: 301, headers: { location: 'https://api.github.com/repositories/1/issues' } },
      code: 'GITHUB_REFUSED',
      message: /the repository has moved; correct gitHub\.url \(HTTP 301\)$/,
    },
    {
      cause: '429',
      answer: { ...refusal(429, secret), headers: { 'retry-after': '60' } },
      code: 'GITHUB_UNAVAILABLE',
      message: /asks to wait \(rate limit\) \(HTTP 429\)$/,
      retryAfterMs: 60_000,
    },
    {
      cause: 'an exhausted primary rate limit',
      answer: {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 90) },
      },
      code: 'GITHUB_UNAVAILABLE',
      message: /rate limit/,
      retryAfterMs: 90_000,
    },
    {
      cause: 'a secondary rate limit that names no pause',
      answer: refusal(403, 'You have exceeded a secondary rate limit.'),
      code: 'GITHUB_UNAVAILABLE',
      message: /rate limit/,
      retryAfterMs: 60_000,
    },
    {
      cause: '500',
      answer: refusal(500, secret),
      code: 'GITHUB_UNAVAILABLE',
      message: /GitHub failed \(HTTP 500\)$/,
    },
    { cause: 'a reset', answer: { fault: 'reset' }, code: 'GITHUB_UNAVAILABLE', message: /gave no answer: / },
    {
      cause: 'half a body',
      answer: { fault: 'truncate', body: [secret] },
      code: 'GITHUB_UNAVAILABLE',
      message: /gave no answer: /,
    },
    {
      cause: 'JSON that is none',
      answer: { headers: { 'content-type': 'application/json' }, body: `[{"${secret}` },
      code: 'GITHUB_UNAVAILABLE',
      message: /is not GitHub's API; check gitHub\.apiURL/,
    },
    {
      cause: 'a page of another server',
      answer: { headers: { 'content-type': 'text/html' }, body: `<html>${secret}</html>` },
      code: 'GITHUB_UNAVAILABLE',
      message: /is not GitHub's API/,
    },
    {
      cause: '20 MiB',
      answer: { body: 'x'.repeat(20 * 1024 * 1024) },
      code: 'GITHUB_UNAVAILABLE',
      message: /gave no answer: ANSWER_TOO_LONG$/,
    },
  ];

  for (const { cause, answer, code, message, retryAfterMs } of FAILURES) {
    it(`says what to do about ${cause}`, async () => {
      github.failNext(...Array.from({ length: 3 }, () => answer));
      const error = await failure(open());
      expect(error.code).to.equal(code);
      expect(error.message)
        .to.match(/^GitHub repository acme\/shop: /)
        .and.match(message);
      expect(error.message).not.to.contain(secret);
      expect(error).to.be.instanceOf(GitHubError);
      expect((error as GitHubError).retryAfterMs).to.equal(retryAfterMs);
      expect(repository.issues).to.deep.equal([]);
    });
  }

  for (const [what, answer] of [
    ['a branch that somebody moved', refusal(422, 'Update is not a fast forward')],
    [
      'something made meanwhile',
      {
        status: 422,
        body: {
          message: 'Validation Failed',
          errors: [{ message: 'A pull request already exists for acme:x.' }],
        },
      },
    ],
    ['a conflict', refusal(409, 'Conflict')],
  ] as const) {
    it(`tries again later for ${what}`, async () => {
      github.failNext(answer);
      expect((await failure(open())).code).to.equal('GITHUB_UNAVAILABLE');
    });
  }

  it('asks for no repository while GitHub wants to be left alone', async () => {
    const clock = new FakeClock();
    const one = reporter({ clock });
    const { signal } = new AbortController();
    github.addRepository('acme/other');
    github.failNext({
      ...refusal(403, 'You have exceeded a secondary rate limit.'),
      headers: { 'retry-after': '90' },
    });
    await failure(one.reportIssue(abortedReport(), { signal }));
    await clock.advance(60_000);
    const other = abortedReport({ url: 'https://github.com/acme/other' });
    const error = await failure(one.reportIssue(other, { signal }));
    expect(error).to.include({ code: 'GITHUB_UNAVAILABLE', retryAfterMs: 30_000 });
    expect(github.requests).to.have.length(1);
    await clock.advance(30_000);
    expect((await one.reportIssue(other, { signal })).action).to.equal('opened');
  });

  it('says so when the issue could not be created after the list was read', async () => {
    github.failNext({ body: [] }, { body: [] }, { body: [] }, refusal(422, secret));
    const error = await failure(open());
    expect(error.code).to.equal('GITHUB_REFUSED');
    expect(github.requests.map(({ method }) => method)).to.deep.equal(['GET', 'GET', 'GET', 'POST']);
  });

  it('gives up after its time', async () => {
    github.failNext({ fault: 'hang' });
    const clock = new FakeClock();
    const outcome = failure(open({ config: { clock } }));
    await github.untilRequests(1);
    await clock.advance(120_000);
    const error = await outcome;
    expect(error.code).to.equal('GITHUB_UNAVAILABLE');
    expect(error.message).to.match(/did not answer within 120 s$/);
  });

  it('lets go at once when it is cancelled', async () => {
    github.failNext({ fault: 'hang' });
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
    const enterprise = await startGitHubDouble({ token: TOKEN, prefix: '/api/v3' });
    try {
      enterprise.addRepository('acme/shop');
      const { apiURL: _, ...config } = { apiURL: '', webURL: enterprise.url };
      const reports = createReporter({
        ...config,
        token: TOKEN,
        redact: (text) => text,
        clock: systemClock,
        logger: { info() {}, warn() {} },
        paced: false,
      });
      const report = abortedReport({ url: `${enterprise.url}/acme/shop.git` });
      const { action } = await reports.reportIssue(report, { signal: new AbortController().signal });
      expect(action).to.equal('opened');
      expect(enterprise.requests[0]?.path).to.equal('/api/v3/repos/acme/shop/issues');
    } finally {
      await enterprise.close();
    }
  });
});
