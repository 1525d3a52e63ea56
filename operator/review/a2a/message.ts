import { type Message, type Part, Role } from '@a2a-js/sdk';
import type { ReviewRequest } from '../../model.ts';
import { agentContext } from '../agent-context.ts';
import { AGENT_ANSWER_FORM, type AgentPrompt, ownersWords, type PromptOptions } from '../prompt.ts';

/**
 * What an agent is sent: a text part with the fenced evidence and the owner's own words, and a data part with the context
 * in the kubernetes-agent's names, and `look`, for an agent that looks for itself.
 */
export function reviewMessage(
  request: ReviewRequest,
  messageId: string,
  prompt: AgentPrompt,
  options: PromptOptions,
): Message {
  const text = [prompt.text, ...ownersWords(request, options), AGENT_ANSWER_FORM].join('\n\n');
  const { look } = request;
  const context: unknown = JSON.parse(JSON.stringify({ ...agentContext(request, options.redact), look }));
  return {
    messageId,
    contextId: '',
    taskId: '',
    role: Role.ROLE_USER,
    parts: [
      part({ $case: 'text', value: text }, 'text/plain'),
      part({ $case: 'data', value: context }, 'application/json'),
    ],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}

function part(content: NonNullable<Part['content']>, mediaType: string): Part {
  return { content, mediaType, filename: '', metadata: undefined };
}
