import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import type { Opinion } from '../../../../crds/v1alpha1/status.ts';
import type { ReviewRequest } from '../../../../operator/model.ts';
import { createReviewer, type ReviewConfig } from '../../../../operator/review/index.ts';
import type { FakeClock } from '../../../support/fake-clock.ts';
import { failureOf } from '../../../support/promises.ts';
import { reviewConfig, reviewRequest } from './fixtures.ts';

/** How one review differs from the usual one of its test. */
export interface ReviewOptions {
  readonly request?: ReviewRequest;
  readonly config?: Partial<ReviewConfig>;
  /** What the spec says of the reviewer. */
  readonly spec?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/** Asks reviewers of one kind; `usual` is what a test configures and asks where it does not say, made anew for each review. */
export function reviewsBy(
  kind: 'gemini' | 'openAI' | 'a2a',
  usual: () => { readonly config: Partial<ReviewConfig>; readonly request?: ReviewRequest },
): (options?: ReviewOptions) => Promise<Opinion> {
  return ({ request, config, spec = {}, timeoutSeconds, signal = new AbortController().signal } = {}) => {
    const { config: base, request: asked = reviewRequest() } = usual();
    const time = timeoutSeconds === undefined ? {} : { timeoutSeconds };
    const reviewer = createReviewer({ [kind]: spec, ...time }, reviewConfig({ ...base, ...config }));
    return reviewer.review(request ?? asked, { signal });
  };
}

/** The coded error that a promise rejects with; nothing of it may hold the secret. */
export async function codedFailure(promise: Promise<unknown>, secret?: string): Promise<CodedError> {
  const error = await failureOf(promise);
  expect(error).to.be.instanceOf(CodedError);
  if (secret !== undefined)
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.to.contain(secret);
  return error as CodedError;
}

/** What a promise comes to when every wait before another attempt passes at once; `limits` timers are none of that. */
export async function settled<T>(promise: Promise<T>, clock: FakeClock, limits = 1): Promise<T> {
  const done = Symbol('done');
  for (;;) {
    const next = await Promise.race([
      promise.then(
        () => done,
        () => done,
      ),
      clock.untilPending(limits + 1),
    ]);
    if (next === done) return promise;
    await clock.advance(clock.pending[0] ?? 0);
  }
}
