import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import { Endpoints } from '../../../../operator/review/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { codedFailure } from './reviews.ts';

const NEVER = new AbortController().signal;
const WORK = { tokens: 100, signal: NEVER, cancelled: NEVER, deadline: Number.POSITIVE_INFINITY };
const none = (): number => 0;

function fails(code: CodedError['code']): () => Promise<never> {
  return () => Promise.reject(new CodedError(code, 'it failed'));
}

describe('an endpoint that reviewers ask', () => {
  it('is the same one under the same name, and another under another', async () => {
    const endpoints = new Endpoints(new FakeClock(), { circuitFailures: 1 });
    await codedFailure(endpoints.of('gemini', 'a').run(WORK, fails('REVIEWER_UNAVAILABLE'), none));
    expect((await codedFailure(endpoints.of('gemini', 'a').run(WORK, async () => 1, none))).message).to.equal(
      'it failed; after 1 failure in a row it is not asked again for 30 s',
    );
    expect(await endpoints.of('gemini', 'b').run(WORK, async () => 1, none)).to.equal(1);
    expect(await endpoints.of('openAI', 'a').run(WORK, async () => 1, none)).to.equal(1);
    expect(endpoints.circuits()).to.have.deep.members([
      { kind: 'gemini', state: 'open', count: 1 },
      { kind: 'gemini', state: 'closed', count: 1 },
      { kind: 'openAI', state: 'closed', count: 1 },
    ]);
  });

  it('is tried again after a while, and asked as before when it answers', async () => {
    const clock = new FakeClock();
    const endpoint = new Endpoints(clock, { circuitFailures: 2, circuitSeconds: 10 }).of('gemini', 'a');
    await codedFailure(endpoint.run(WORK, fails('REVIEWER_UNAVAILABLE'), none));
    await codedFailure(endpoint.run(WORK, fails('REVIEWER_UNAVAILABLE'), none));
    await clock.advance(10_000);
    expect(await endpoint.run(WORK, async () => 'back', none)).to.equal('back');
    expect(await endpoint.run(WORK, async () => 'again', none)).to.equal('again');
  });

  for (const code of [
    'REVIEWER_MALFORMED',
    'REVIEWER_UNAUTHORIZED',
    'CONFIG_INVALID',
    'ORIGIN_FORBIDDEN',
  ] as const) {
    it(`does not count ${code} as a failure: it is an answer, or nobody was asked`, async () => {
      const endpoints = new Endpoints(new FakeClock(), { circuitFailures: 1 });
      expect((await codedFailure(endpoints.of('a2a', 'a').run(WORK, fails(code), none))).code).to.equal(code);
      expect(endpoints.circuits()).to.deep.equal([{ kind: 'a2a', state: 'closed', count: 1 }]);
    });
  }

  it('does not count a time-out of a reviewer that was given little time', async () => {
    const clock = new FakeClock();
    const endpoints = new Endpoints(clock, { circuitFailures: 1 });
    const cause = new CodedError('ABORTED', 'cancelled');
    for (const error of [
      cause,
      new CodedError('REVIEWER_UNAVAILABLE', 'context deadline exceeded', { cause }),
    ]) {
      const hangs = async (): Promise<never> => {
        await clock.sleep(9000);
        throw error;
      };
      const outcome = codedFailure(endpoints.of('a2a', 'a').run(WORK, hangs, none));
      await clock.untilPending();
      await clock.advance(9000);
      await outcome;
      expect(endpoints.circuits()).to.deep.equal([{ kind: 'a2a', state: 'closed', count: 1 }]);
    }
  });

  it('counts a time-out as a failure, and a review that was taken back not', async () => {
    const clock = new FakeClock();
    const endpoints = new Endpoints(clock, { circuitFailures: 1 });
    const taken = { ...WORK, cancelled: AbortSignal.abort() };
    await codedFailure(endpoints.of('a2a', 'a').run(taken, fails('ABORTED'), none));
    expect(endpoints.circuits()).to.deep.equal([{ kind: 'a2a', state: 'closed', count: 1 }]);
    const hangs = async (): Promise<never> => {
      await clock.sleep(10_000);
      throw new CodedError('ABORTED', 'cancelled');
    };
    const outcome = codedFailure(endpoints.of('a2a', 'a').run(WORK, hangs, none));
    await clock.untilPending();
    await clock.advance(10_000);
    await outcome;
    expect(endpoints.circuits()).to.deep.equal([{ kind: 'a2a', state: 'open', count: 1 }]);
  });

  it('does no more works at a time than it has places, in the order they came', async () => {
    const endpoint = new Endpoints(new FakeClock(), { concurrency: 2 }).of('openAI', 'a');
    const order: string[] = [];
    const gates = ['a', 'b', 'c', 'd'].map((name) => ({ name, ...Promise.withResolvers<void>() }));
    const works = gates.map(({ name, promise }) =>
      endpoint.run(
        WORK,
        () => {
          order.push(name);
          return promise;
        },
        none,
      ),
    );
    await new Promise(setImmediate);
    expect(order).to.deep.equal(['a', 'b']);
    gates[1]?.resolve();
    await works[1];
    await new Promise(setImmediate);
    expect(order).to.deep.equal(['a', 'b', 'c']);
    for (const { resolve } of gates) resolve();
    await Promise.all(works);
    expect(order).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('keeps no place for a work that was taken back while it waited', async () => {
    const endpoint = new Endpoints(new FakeClock(), { concurrency: 1 }).of('openAI', 'a');
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = endpoint.run(WORK, () => promise, none);
    const controller = new AbortController();
    const second = codedFailure(endpoint.run({ ...WORK, signal: controller.signal }, async () => {}, none));
    controller.abort();
    expect((await second).code).to.equal('ABORTED');
    resolve();
    await first;
    expect(await endpoint.run(WORK, async () => 'third', none)).to.equal('third');
  });

  it('spends tokens from a budget, and what a work came to counts', async () => {
    const clock = new FakeClock();
    const endpoint = new Endpoints(clock, { tokensPerMinute: 6000 }).of('gemini', 'a');
    await endpoint.run(
      { ...WORK, tokens: 100 },
      async () => 6000,
      (used) => used,
    );
    const waiting = endpoint.run({ ...WORK, tokens: 1000 }, async () => 0, none);
    await clock.untilPending();
    expect(clock.pending).to.deep.equal([10_000]);
    await clock.advance(10_000);
    await waiting;
  });

  it('forgets the one that was not asked for longest, so that nobody can make it grow without end', async () => {
    const endpoints = new Endpoints(new FakeClock());
    for (let index = 0; index < 300; index++)
      await endpoints.of('openAI', `u${index}`).run(WORK, async () => 0, none);
    expect(endpoints.circuits()).to.deep.equal([{ kind: 'openAI', state: 'closed', count: 256 }]);
  });
});
