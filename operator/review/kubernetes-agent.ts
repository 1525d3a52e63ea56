import { CodedError, isCoded } from '../../crds/errors.ts';
import type { ReviewRequest } from '../model.ts';
import { type Agent, MAX_AGENT_ANSWER_BYTES } from './agent.ts';
import { agentContext } from './agent-context.ts';
import { agentRefusal, isFailureInDisguise, ownFailure } from './agent-failure.ts';
import { plainText } from './escape.ts';
import { TEXT } from './messages.ts';
import type { AgentAnswer, AnswerReader } from './opinion-schema.ts';
import type { ReviewConfig } from './reviewer.ts';

/** The body of `POST /a2a/analyze`, as the agent's A2ARequest reads it; an absent field is left out. */
export function analyzeRequest(request: ReviewRequest, { redact }: ReviewConfig, prompt: string) {
  const { namespace, rollout } = request;
  return {
    userId: 'argo-rollouts',
    memoryId: `rollout:${namespace}${rollout === undefined ? '' : `/${rollout}`}`,
    prompt,
    context: agentContext(request, redact),
  };
}

/** How an agent is asked. */
export interface Asking {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Sees what the agent answered to the request that it took, before anything is made of it. */
  readonly onAnswer: (text: string) => void;
}

/**
 * Asks a kubernetes-agent over its REST interface, `POST {url}/a2a/analyze`. Only a 429 may be tried again: the agent may
 * open pull requests while it analyses.
 * @returns the answer, or why there is none and whether to ask again.
 */
export async function analyze(
  agent: Agent,
  body: object,
  reader: AnswerReader<AgentAnswer>,
  { signal, now, onAnswer }: Asking,
): Promise<{ readonly value: AgentAnswer } | ReturnType<typeof agentRefusal>> {
  const answer = await agent
    .request('/a2a/analyze', { method: 'POST', body, signal, maxBytes: MAX_AGENT_ANSWER_BYTES })
    .catch((error: unknown) => {
      if (!isCoded(error) || error.code === 'ABORTED' || error.code === 'ORIGIN_FORBIDDEN') throw error;
      throw new CodedError(error.code, `${TEXT.agentFailed}: ${error.message}`, { cause: error });
    });
  if (answer.status !== 200) {
    return { ...agentRefusal(answer, agent.url, now), retry: answer.status === 429 };
  }
  onAnswer(answer.text);
  const read = reader(answer.text);
  if ('problem' in read) {
    throw new CodedError(
      'REVIEWER_MALFORMED',
      `${TEXT.agentFailed} at ${agent.url}: its answer is not valid: ${plainText(read.problem, 200)}`,
    );
  }
  if (isFailureInDisguise(read.answer)) throw ownFailure(agent.url, answer.text);
  return { value: read.answer };
}
