import { abortedError, type Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import type { Opinion, Usage } from '../../crds/v1alpha1/status.ts';
import type { ReviewFailure, ReviewOutcome, ReviewRequest } from '../model.ts';
import { deadlineText } from './messages.ts';
import type { Reviewer, ReviewLogger } from './reviewer.ts';

/** How reviewers are asked. */
export interface AskOptions {
  /** Ends the call at once with `ABORTED`. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: ReviewLogger;
  /** Time for all reviewers together, milliseconds; whoever has not answered by then counts as unavailable. No limit when absent. */
  readonly budgetMs?: number;
}

/**
 * Asks the reviewers in order until one gives a valid opinion; later ones are not asked. Inconclusive is an opinion.
 * @throws CodedError `ABORTED` as soon as the signal fires, even when a reviewer does not heed it.
 */
export async function askReviewers(
  reviewers: readonly Reviewer[],
  request: ReviewRequest,
  options: AskOptions,
): Promise<ReviewOutcome> {
  const { signal, clock, logger, budgetMs } = options;
  if (signal.aborted) throw abortedError(signal, 'the review');
  if (reviewers.length === 0) return { kind: 'notConfigured' };
  const causes: ReviewFailure[] = [];
  const budget = budgetMs === undefined ? undefined : startDeadline(clock, budgetMs, signal);
  try {
    for (const [index, reviewer] of reviewers.entries()) {
      const asked = await askOne(reviewer, forReviewer(request, index), budget?.signal ?? signal, clock);
      if (signal.aborted) throw abortedError(signal, 'the review');
      if (asked.kind === 'opinion') {
        logger.info('Reviewer gave an opinion', {
          reviewer: reviewer.name,
          verdict: asked.opinion.verdict,
          confidence: asked.opinion.confidence,
          durationMilliseconds: asked.opinion.durationMilliseconds,
        });
        return { kind: 'opinion', opinion: asked.opinion, causes };
      }
      const message =
        budget?.expired && isCoded(asked.error, 'ABORTED')
          ? deadlineText(budgetMs ?? 0)
          : isCoded(asked.error)
            ? asked.error.message
            : 'the reviewer failed unexpectedly';
      causes.push({ reviewer: reviewer.name, message, usage: asked.usage });
      logger.warn('Reviewer gave no opinion', {
        reviewer: reviewer.name,
        code: isCoded(asked.error) ? asked.error.code : 'UNEXPECTED',
        cause: message,
      });
      if (budget?.expired) break;
    }
    return { kind: 'unavailable', causes };
  } finally {
    budget?.dispose();
  }
}

/** The request with a question of its own for each reviewer: the same agent may be listed twice. */
function forReviewer(request: ReviewRequest, index: number): ReviewRequest {
  const { questionID } = request;
  return questionID === undefined ? request : { ...request, questionID: `${questionID}/${index}` };
}

type Asked =
  | { readonly kind: 'opinion'; readonly opinion: Opinion }
  | { readonly kind: 'failed'; readonly error: unknown; readonly usage: Usage };

async function askOne(
  reviewer: Reviewer,
  request: ReviewRequest,
  signal: AbortSignal,
  clock: Clock,
): Promise<Asked> {
  const started = clock.monotonic();
  const tokens = { inputTokens: 0, outputTokens: 0 };
  const onTokens = (input: number, output: number): void => {
    tokens.inputTokens += input;
    tokens.outputTokens += output;
  };
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(new CodedError('ABORTED', 'the review was cancelled'));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return {
      kind: 'opinion',
      opinion: await Promise.race([aborted, reviewer.review(request, { signal, onTokens })]),
    };
  } catch (error) {
    const reviewMilliseconds = Math.round(clock.monotonic() - started);
    return { kind: 'failed', error, usage: { ...tokens, reviewMilliseconds } };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
