import { abortedError } from '../../../crds/client/clock.ts';
import { CodedError } from '../../../crds/errors.ts';
import type { Opinion } from '../../../crds/v1alpha1/status.ts';
import type { ReviewRequest } from '../../model.ts';
import { type Agent, traceAnswer } from '../agent.ts';
import { ownFailure } from '../agent-failure.ts';
import { plainText } from '../escape.ts';
import { TEXT } from '../messages.ts';
import type { OpinionContext } from '../opinion.ts';
import type { AgentPrompt, PromptOptions } from '../prompt.ts';
import type { ReviewConfig } from '../reviewer.ts';
import { answerText } from './answer.ts';
import type { FoundCard } from './card.ts';
import { type AgentClient, openClient } from './client.ts';
import { endedBadly } from './ending.ts';
import { followMessage } from './follow.ts';
import { messageIdOf, reviewMessage } from './message.ts';
import { readOpinion } from './opinion.ts';
import { stateName, taskName } from './task-view.ts';

/** One review by an agent that speaks A2A. */
export interface A2AReview {
  readonly agent: Agent;
  readonly found: Extract<FoundCard, { kind: 'a2a' }>;
  readonly request: ReviewRequest;
  readonly config: ReviewConfig;
  /** Whether the agent was given selectors to look for itself. */
  readonly ownEvidence: boolean;
  readonly signal: AbortSignal;
  readonly deadline: number;
  readonly prompt: AgentPrompt;
  readonly promptOptions: PromptOptions;
  /** What is known of the opinion when the answer is there. */
  readonly opinionContext: () => OpinionContext;
}

/**
 * Asks an agent over A2A 1.0 and reads its answer.
 * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_UNAUTHORIZED`, `REVIEWER_MALFORMED`, `ORIGIN_FORBIDDEN`, `ABORTED`.
 */
export async function a2aOpinion(review: A2AReview): Promise<Opinion> {
  const { agent, found, request, config, signal, deadline } = review;
  const { clock, random, logger } = config;
  const url = found.interface.url.origin;
  const client = await opened(
    openClient(agent, found.card, found.interface, () => clock.now()),
    signal,
  );
  const message = reviewMessage(request, messageIdOf(request), review.prompt, review.promptOptions);
  logger.trace('Asking the agent over A2A', {
    url,
    binding: found.interface.binding,
    prompt: message.parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join(''),
  });
  const view = await followMessage(client, message, { url, signal, deadline, clock, random, logger });
  const text = answerText(view);
  const context = review.opinionContext();
  const task = taskName(view);
  logger.debug('The agent is done with the message', {
    url,
    messageId: message.messageId,
    task,
    state: stateName(view),
  });
  traceAnswer(logger, { url, task }, 'answer' in text ? text.answer : text.problem, context.redact);
  const problem = endedBadly(view.state, 'answer' in text ? text.answer : '', url);
  if (problem !== undefined) throw problem;
  if ('problem' in text) throw malformed(url, text.problem);
  const read = readOpinion(text.answer, context, review.ownEvidence);
  if ('failed' in read) throw ownFailure(url, text.answer);
  if ('problem' in read) throw malformed(url, read.problem);
  return read.opinion;
}

/** The client, unless the signal fires before: resolving its address knows no signal. One that comes too late is closed. */
async function opened(opening: Promise<AgentClient>, signal: AbortSignal): Promise<AgentClient> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(abortedError(signal, 'the review'));
    opening.then(
      (late) => late.close(),
      () => {},
    );
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([aborted, opening]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function malformed(url: string, problem: string): CodedError {
  return new CodedError(
    'REVIEWER_MALFORMED',
    `${TEXT.agentFailed} at ${url}: its answer is not valid: ${plainText(problem, 200)}`,
  );
}
