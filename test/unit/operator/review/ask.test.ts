import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import type { Opinion } from '../../../../crds/v1alpha1/status.ts';
import { silentLogger } from '../../../../operator/kernel/logger.ts';
import type { ReviewRequest } from '../../../../operator/model.ts';
import { askReviewers, createReviewer, type Reviewer } from '../../../../operator/review/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { reviewConfig, reviewRequest } from './fixtures.ts';

const NOTHING = { inputTokens: 0, outputTokens: 0, reviewMilliseconds: 0 };
const inconclusive: Opinion = { reviewer: 'r', verdict: 'Inconclusive', confidence: 10 };

function reviewer(name: string, review: Reviewer['review']): Reviewer {
  return { name, ownEvidence: false, review };
}

function failing(name: string, error: Error): Reviewer {
  return reviewer(name, () => Promise.reject(error));
}

const deaf = reviewer('deaf', () => new Promise<never>(() => {}));
const never = reviewer('never', () => {
  throw new Error('was asked');
});

function ask(
  reviewers: readonly Reviewer[],
  options: { signal?: AbortSignal; budgetMs?: number; clock?: FakeClock; request?: ReviewRequest } = {},
) {
  const { signal = new AbortController().signal, clock = new FakeClock(), budgetMs } = options;
  return askReviewers(reviewers, options.request ?? reviewRequest(), {
    signal,
    clock,
    logger: silentLogger,
    ...(budgetMs === undefined ? {} : { budgetMs }),
  });
}

describe('asking reviewers', () => {
  it('says when there are none', async () => {
    expect(await ask([])).to.deep.equal({ kind: 'notConfigured' });
  });

  it('takes the first opinion, Inconclusive included, and asks nobody after it', async () => {
    const outcome = await ask([
      failing('first', new CodedError('REVIEWER_UNAVAILABLE', 'it is down')),
      reviewer('second', async () => inconclusive),
      never,
    ]);
    expect(outcome).to.deep.equal({
      kind: 'opinion',
      opinion: inconclusive,
      causes: [{ reviewer: 'first', message: 'it is down', usage: NOTHING }],
    });
  });

  it('asks each a question of its own, the same when all are asked again', async () => {
    const asked: (string | undefined)[] = [];
    const notes = reviewer('notes', ({ questionID }) => {
      asked.push(questionID);
      return Promise.reject(new CodedError('REVIEWER_UNAVAILABLE', 'it is down'));
    });
    const request = reviewRequest({ questionID: 'uid/1' });
    await ask([notes, notes], { request });
    await ask([notes, notes], { request });
    await ask([notes]);
    expect(asked).to.deep.equal(['uid/1/0', 'uid/1/1', 'uid/1/0', 'uid/1/1', undefined]);
  });

  it('names every cause when nobody answered, and nothing of an error that is not its own', async () => {
    const outcome = await ask([
      failing('first', new CodedError('REVIEWER_MALFORMED', 'not an opinion')),
      failing('second', new TypeError('a secret in an unexpected place')),
      createReviewer({ openAI: {} }, reviewConfig()),
      createReviewer({}, reviewConfig()),
    ]);
    expect(outcome).to.deep.equal({
      kind: 'unavailable',
      causes: [
        { reviewer: 'first', message: 'not an opinion', usage: NOTHING },
        { reviewer: 'second', message: 'the reviewer failed unexpectedly', usage: NOTHING },
        {
          reviewer: 'openAI/unknown',
          message: 'openAI.model is required: neither spec nor OPENAI_MODEL names a model, e.g. gpt-4o',
          usage: NOTHING,
        },
        {
          reviewer: 'unknown',
          message: 'a reviewer must have exactly one of gemini, openAI and a2a',
          usage: NOTHING,
        },
      ],
    });
  });

  it('tells what those cost that gave no opinion', async () => {
    const costly = reviewer('costly', async (_request, { onTokens }) => {
      onTokens?.(1000, 20);
      onTokens?.(1100, 30);
      throw new CodedError('REVIEWER_MALFORMED', 'not an opinion');
    });
    const outcome = await ask([costly]);
    expect(outcome.kind === 'unavailable' && outcome.causes[0]?.usage).to.deep.equal({
      inputTokens: 2100,
      outputTokens: 50,
      reviewMilliseconds: 0,
    });
  });

  it('survives a reviewer that throws instead of rejecting', async () => {
    const outcome = await ask([never, reviewer('second', async () => inconclusive)]);
    expect(outcome.kind).to.equal('opinion');
  });

  it('ends at once when it is cancelled, even if the reviewer does not heed it', async () => {
    const controller = new AbortController();
    const outcome = ask([deaf], { signal: controller.signal }).then(
      () => undefined,
      (error: unknown) => error as CodedError,
    );
    controller.abort();
    expect((await outcome)?.code).to.equal('ABORTED');
  });

  it('asks nobody when it is cancelled already', async () => {
    const error = await ask([never], { signal: AbortSignal.abort() }).then(
      () => undefined,
      (reason: unknown) => reason as CodedError,
    );
    expect(error?.code).to.equal('ABORTED');
  });

  it('counts who has not answered within the time for all as unavailable and asks nobody after it', async () => {
    const clock = new FakeClock();
    const outcome = ask([deaf, never], { clock, budgetMs: 5000 });
    await clock.advance(5000);
    expect(await outcome).to.deep.equal({
      kind: 'unavailable',
      causes: [
        {
          reviewer: 'deaf',
          message: 'context deadline exceeded after 5 s',
          usage: { ...NOTHING, reviewMilliseconds: 5000 },
        },
      ],
    });
    expect(clock.pending).to.deep.equal([]);
  });
});
