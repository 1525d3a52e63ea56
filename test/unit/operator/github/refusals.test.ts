import { expect } from 'chai';
import type { CodedError } from '../../../../crds/errors.ts';
import { GitHubError, type Reporter } from '../../../../operator/github/index.ts';
import { refusal } from '../../../lab/doubles/github.ts';
import type { Answer } from '../../../lab/doubles/http-double.ts';
import { abortedReport } from './fixtures.ts';
import { NOW, type Reporting, startReporting } from './reporting.ts';

/** In the bodies of answers, and to be found nowhere else. */
const SECRET = 'a body that nobody may see';

/** What somebody else did at the same moment. */
function raced(error: string): Answer {
  const { body, ...answer } = refusal(422, 'Validation Failed');
  return { ...answer, body: { ...(body as object), errors: [{ code: 'custom', message: error }] } };
}

describe('what GitHub refuses', () => {
  let reporting: Reporting;
  let github: Reporting['github'];
  let repository: Reporting['repository'];
  let open: Reporting['open'];
  let failure: Reporting['failure'];
  beforeEach(async () => {
    reporting = await startReporting();
    ({ github, repository, open, failure } = reporting);
  });
  afterEach(() => reporting.end());

  const propose = (): ReturnType<Reporter['proposeFix']> =>
    reporting.reporter().proposeFix(abortedReport(), { signal: new AbortController().signal });

  async function expectFailure(
    outcome: Promise<unknown>,
    code: CodedError['code'],
    message: RegExp,
    retryAfterMs?: number,
  ): Promise<void> {
    const error = await failure(outcome);
    expect(error.code).to.equal(code);
    expect(error.message)
      .to.match(/^GitHub repository acme\//)
      .and.match(message);
    expect(error.message).not.to.contain(SECRET);
    expect(error).to.be.instanceOf(GitHubError);
    expect((error as GitHubError).retryAfterMs).to.equal(retryAfterMs);
    expect(repository.issues).to.deep.equal([]);
  }

  it('names the token that is not valid', () => {
    const outcome = open({ config: { token: 'another' } });
    return expectFailure(
      outcome,
      'GITHUB_REFUSED',
      /the token is not valid or has expired; set a new GITHUB_TOKEN \(HTTP 401\)$/,
    );
  });

  it('names the repository that the token does not reach', () => {
    const report = abortedReport({ url: 'https://github.com/acme/secret' });
    const message = /acme\/secret: there is no such repository, or the token does not reach it \(HTTP 404\)$/;
    return expectFailure(open({ report }), 'GITHUB_REFUSED', message);
  });

  it('says that issues are disabled', () => {
    repository.hasIssues = false;
    return expectFailure(open(), 'GITHUB_REFUSED', /issues are disabled in the repository/);
  });

  it('says that the repository is empty', () => {
    repository.git.commits.clear();
    return expectFailure(propose(), 'GITHUB_REFUSED', /it is empty; push a first commit to it \(HTTP 409\)$/);
  });

  for (const [what, route, answer, message] of [
    ['what the token may not do', 'POST /issues', refusal(403, SECRET), /it needs "Issues: read and write"/],
    ['content that is not valid', 'POST /issues', refusal(422, SECRET), /finds the content not valid/],
    [
      'a repository that has moved',
      'GET /issues',
      refusal(301, SECRET, { location: 'https://api.github.com/repositories/1/issues' }),
      /the repository has moved; correct gitHub\.url \(HTTP 301\)$/,
    ],
  ] as const) {
    it(`says what to do about ${what}`, async () => {
      repository.answers.set(route, [answer, answer, answer]);
      await expectFailure(open(), 'GITHUB_REFUSED', message);
    });
  }

  for (const [what, route, answer, message, retryAfterMs] of [
    ['a failure', 'GET /issues', refusal(500, SECRET), /GitHub failed \(HTTP 500\)$/],
    ['an overload', 'POST /issues', refusal(503, SECRET), /GitHub failed \(HTTP 503\)$/],
    [
      'too many requests',
      'GET /issues',
      refusal(429, SECRET, { 'retry-after': '60' }),
      /asks to wait \(rate limit\) \(HTTP 429\)$/,
      60_000,
    ],
    [
      'an exhausted primary rate limit',
      'GET /issues',
      refusal(403, SECRET, {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(NOW / 1000 + 90),
      }),
      /rate limit/,
      90_000,
    ],
    [
      'too many requests, no pause being named',
      'GET /issues',
      refusal(429, SECRET),
      /asks to wait \(rate limit\) \(HTTP 429\)$/,
      60_000,
    ],
    [
      "an Enterprise Server's word for a secondary rate limit",
      'POST /issues',
      refusal(403, 'You have triggered an abuse detection mechanism.'),
      /rate limit/,
      60_000,
    ],
    [
      'a secondary rate limit that names no pause',
      'POST /issues',
      refusal(403, 'You have exceeded a secondary rate limit.'),
      /rate limit/,
      60_000,
    ],
  ] as const) {
    it(`is tried again later after ${what}`, async () => {
      repository.answers.set(route, [answer, answer, answer]);
      await expectFailure(open(), 'GITHUB_UNAVAILABLE', message, retryAfterMs);
    });
  }

  for (const [what, route, answer] of [
    ['a branch that somebody moved', 'PATCH /git/refs/{ref}', refusal(422, 'Update is not a fast forward')],
    ['a branch that somebody made', 'POST /git/refs', refusal(422, 'Reference already exists')],
    [
      'a pull request that somebody opened',
      'POST /pulls',
      raced('A pull request already exists for acme:x.'),
    ],
    ['a conflict', 'POST /git/commits', refusal(409, 'Conflict')],
  ] as const) {
    it(`is tried again later for ${what} at the same moment`, async () => {
      if (route.startsWith('PATCH')) {
        await propose();
        repository.git.seed('main', { later: 'a base that moved on' });
      }
      repository.answers.set(route, [answer]);
      await expectFailure(propose(), 'GITHUB_UNAVAILABLE', /somebody changed the same at the same moment/);
    });
  }

  for (const [what, answer, message] of [
    ['a reset', { fault: 'reset' }, /gave no answer: /],
    ['half a body', { fault: 'truncate', body: [SECRET] }, /gave no answer: /],
    [
      'JSON that is none',
      { headers: { 'content-type': 'application/json' }, body: `[{"${SECRET}` },
      /is not GitHub's API; check gitHub\.webURL and gitHub\.apiURL/,
    ],
    [
      'a page of another server',
      { headers: { 'content-type': 'text/html' }, body: `<html>${SECRET}</html>` },
      /is not GitHub's API/,
    ],
    ['a proxy that has no answer', { status: 502, body: SECRET }, /GitHub failed \(HTTP 502\)$/],
    ['20 MiB', { body: 'x'.repeat(20 * 1024 * 1024) }, /gave no answer: ANSWER_TOO_LONG$/],
  ] as const) {
    it(`is tried again later after ${what}`, async () => {
      github.disturbNext(answer, answer, answer);
      await expectFailure(open(), 'GITHUB_UNAVAILABLE', message);
    });
  }

  it('is asked no more once it is refused', async () => {
    repository.answers.set('POST /issues', [refusal(422, SECRET)]);
    await failure(open());
    expect(github.requests.map(({ method }) => method)).to.deep.equal(['GET', 'GET', 'GET', 'POST']);
  });
});
