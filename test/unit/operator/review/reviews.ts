import { setImmediate } from 'node:timers/promises';
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

/** Whoever waits for less is about to try again; limits of time are longer, milliseconds. */
const RETRY_MS = 4_500;

/** What a promise comes to when every wait before another attempt passes at once. */
export async function settled<T>(promise: Promise<T>, clock: FakeClock): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  promise.then(over, over);
  while (!isOver) {
    const [soonest = RETRY_MS] = clock.pending;
    if (soonest < RETRY_MS) await clock.advance(soonest);
    else await setImmediate();
  }
  return promise;
}
