import { expect } from 'chai';
import type { RateLimitOptions } from '../../../lab/doubles/github/rate-limits.ts';
import { type GitHubDouble, refusal, startGitHubDouble } from '../../../lab/doubles/github.ts';
import type { Answer } from '../../../lab/doubles/http-double.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe("the lab's GitHub", () => {
  let clock: FakeClock;
  let github: GitHubDouble;
  async function start(limits: RateLimitOptions = {}): Promise<void> {
    clock = new FakeClock();
    github = await startGitHubDouble({ limits, now: () => new Date(clock.now()) });
    github.addRepository('acme/shop');
  }
  afterEach(() => github.close());

  function ask(method: string, path: string, body?: object, token = 'a-token'): Promise<Response> {
    return fetch(`${github.url}/repos/acme/shop${path}`, {
      method,
      headers: { authorization: `token ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  describe('holds against its description', () => {
    beforeEach(() => start());

    for (const [what, method, path, body, problem] of [
      ['a route', 'GET', '/nothing', undefined, /^request: there is no GET/],
      ['a parameter', 'GET', '/issues?colour=red', undefined, /colour is no parameter/],
      ['the value of one', 'GET', '/issues?state=half', undefined, /^request: GET .*\?state/],
      ['a body', 'POST', '/issues', { labels: ['x'] }, /^request: POST .* body:/],
    ] as const) {
      it(`${what} that is asked for`, async () => {
        await ask(method, path, body);
        expect(github.violations).to.have.length(1);
        expect(github.violations[0]).to.match(problem);
      });
    }

    for (const [what, answer, problem] of [
      ['an answer', { body: [{}] }, /^answer: GET .* 200: \/0 must have required property/],
      ['a status that comes from elsewhere', refusal(409, 'Conflict'), /^answer: GET .* never answers 409$/],
      ['a refusal without a form', { status: 422, body: {} }, /^answer: GET .* 422: {2}must have required/],
      ['one that any request may meet', { status: 401, body: {} }, /^answer: refusal 401 of GET /],
    ] as readonly (readonly [string, Answer, RegExp])[]) {
      it(`${what}, though a test has planned it`, async () => {
        github.answerNext(answer);
        await ask('GET', '/issues');
        expect(github.violations).to.have.length(1);
        expect(github.violations[0]).to.match(problem);
      });
    }

    it('nothing that it said itself, nor what came in its place', async () => {
      github.disturbNext({ status: 200, body: '<html>' });
      await ask('GET', '/issues');
      for (const status of [401, 403, 404, 422, 500]) github.answerNext(refusal(status, 'no'));
      for (let count = 0; count < 5; count += 1) await ask('GET', '/issues');
      expect((await ask('GET', '/issues', undefined, 'another')).status).to.equal(401);
      expect((await ask('GET', '/issues/7')).status).to.equal(404);
      expect((await ask('POST', '/issues', { title: '' })).status).to.equal(422);
      expect((await ask('POST', '/issues', { title: 'x' })).status).to.equal(201);
      expect(github.violations).to.deep.equal([]);
    });
  });

  const left = ({ headers }: Response): unknown[] =>
    ['limit', 'remaining', 'used', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));

  it('counts what is left of an hour, refuses beyond, and begins anew', async () => {
    await start({ perHour: 2 });
    const reset = clock.now() / 1000 + 3600;
    expect(left(await ask('GET', '/issues'))).to.deep.equal([2, 1, 1, reset]);
    expect(left(await ask('GET', '/issues', undefined, 'another')), 'of the token').to.deep.equal([
      2,
      1,
      1,
      reset,
    ]);
    await clock.advance(1000);
    expect(left(await ask('GET', '/issues'))).to.deep.equal([2, 0, 2, reset]);
    const refused = await ask('GET', '/issues');
    expect([refused.status, ...left(refused)]).to.deep.equal([403, 2, 0, 2, reset]);
    expect(github.impatient).to.deep.equal([]);
    await ask('GET', '/issues');
    expect(github.impatient).to.deep.equal(['GET /repos/acme/shop/issues 3599 s too early']);
    await clock.advance(3_599_000);
    expect(left(await ask('GET', '/issues'))).to.deep.equal([2, 1, 1, reset + 3600]);
    expect(github.violations).to.deep.equal([]);
  });

  it('refuses more writes than it takes in a minute, and names the pause', async () => {
    await start({ writesPerMinute: 2 });
    const write = (): Promise<Response> => ask('POST', '/issues', { title: 'x' });
    await write();
    await clock.advance(15_000);
    await write();
    const refused = await write();
    expect(refused.status).to.equal(403);
    expect(refused.headers.get('retry-after')).to.equal('45');
    expect(await refused.json())
      .to.have.property('message')
      .that.matches(/secondary rate limit/);
    await clock.advance(45_000);
    expect((await write()).status).to.equal(201);
    expect([github.impatient, github.violations]).to.deep.equal([[], []]);
  });
});
