import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import { CodedError } from '../../../../crds/errors.ts';
import {
  ATTEMPTING_ISSUE,
  createReporter,
  GitHubError,
  type IssueReference,
  type IssueReport,
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

describe('the GitHub reporter', () => {
  let github: GitHubDouble;
  let repository: StoredRepository;
  let lines: string[];
  beforeEach(async () => {
    github = await startGitHubDouble({ token: TOKEN, now: () => new Date(NOW) });
    repository = github.addRepository('acme/shop');
    lines = [];
  });
  afterEach(() => github.close());

  function open(
    options: {
      readonly config?: Partial<ReporterConfig>;
      readonly report?: IssueReport;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<IssueReference> {
    const log = (message: string, fields?: object): void => {
      lines.push(`${message} ${JSON.stringify(fields)}`);
    };
    return createReporter({
      token: TOKEN,
      apiURL: github.url,
      redact: (text) => text.replaceAll('hunter2', '<secret>'),
      clock: { ...systemClock, now: () => NOW },
      logger: { info: log, warn: log },
      ...options.config,
    }).openIssue(options.report ?? abortedReport(), {
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
    expect(await open()).to.deep.equal({ issueURL: `${github.url}/acme/shop/issues/1`, created: true });
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
    expect(await open()).to.deep.equal({ issueURL, created: false });
    expect(repository.issues).to.have.length(1);
  });

  it('finds the issue whose creation was answered to nobody', async () => {
    github.loseNextCreation();
    const error = await failure(open());
    expect(error.code).to.equal('GITHUB_UNAVAILABLE');
    expect(await open()).to.deep.equal({ issueURL: `${github.url}/acme/shop/issues/1`, created: false });
    expect(repository.issues).to.have.length(1);
  });

  it('finds the issue also when the token may not label', async () => {
    repository.mayLabel = false;
    await open();
    expect(lines.at(-1)).to.match(/^GitHub dropped the label/);
    expect((await open()).created).to.equal(false);
    expect(repository.issues).to.have.length(1);
  });

  it('finds the issue behind many newer ones', async () => {
    await open();
    for (let count = 0; count < 120; count += 1) await addForeignIssue(count);
    expect(await open()).to.deep.equal({ issueURL: `${github.url}/acme/shop/issues/1`, created: false });
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

  it('opens an issue of its own for another analysis of the same name', async () => {
    await open();
    const report = abortedReport({ uid: '99999999-2222-3333-4444-555555555555' });
    expect((await open({ report })).created).to.equal(true);
    expect(repository.issues).to.have.length(2);
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
      cause: '10 MiB',
      answer: { body: 'x'.repeat(10 * 1024 * 1024) },
      code: 'GITHUB_UNAVAILABLE',
      message: /gave no answer: ANSWER_TOO_LONG$/,
    },
  ];

  for (const { cause, answer, code, message, retryAfterMs } of FAILURES) {
    it(`says what to do about ${cause}`, async () => {
      github.failNext(answer);
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

  it('says so when the issue could not be created after the list was read', async () => {
    github.failNext({ body: [] }, { body: [] }, refusal(422, secret));
    const error = await failure(open());
    expect(error.code).to.equal('GITHUB_REFUSED');
    expect(github.requests.map(({ method }) => method)).to.deep.equal(['GET', 'GET', 'POST']);
  });

  it('gives up after its time', async () => {
    github.failNext({ fault: 'hang' });
    const clock = new FakeClock();
    const outcome = failure(open({ config: { clock } }));
    await github.untilRequests(1);
    await clock.advance(30_000);
    const error = await outcome;
    expect(error.code).to.equal('GITHUB_UNAVAILABLE');
    expect(error.message).to.match(/did not answer within 30 s$/);
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
      const reporter = createReporter({
        ...config,
        token: TOKEN,
        redact: (text) => text,
        clock: systemClock,
        logger: { info() {}, warn() {} },
      });
      const report = abortedReport({ url: `${enterprise.url}/acme/shop.git` });
      const { created } = await reporter.openIssue(report, { signal: new AbortController().signal });
      expect(created).to.equal(true);
      expect(enterprise.requests[0]?.path).to.equal('/api/v3/repos/acme/shop/issues');
    } finally {
      await enterprise.close();
    }
  });
});
