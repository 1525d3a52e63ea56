import { type Message, type Part, Role } from '@a2a-js/sdk';
import type { ReviewRequest } from '../../model.ts';
import { agentContext } from '../agent-context.ts';
import { type AgentPrompt, ownersWords, type PromptOptions } from '../prompt.ts';

/** The form of the answer, for an agent that is a model. */
const ANSWER_FORM = [
  'Answer with one JSON object and nothing else, as a data part or as text: verdict ("Promote", "Abort" or "Inconclusive"), confidence (an integer from 0 to 100), summary, rootCause, remediation, citations.',
  'Each citation is {"id", "quote"}: the id of a finding (F…) or template (T…), and at least 12 characters copied exactly from one of its samples. Where you found out for yourself, an empty list will do.',
].join('\n');

/**
 * What an agent is sent: a text part with the fenced evidence and the owner's own words, and a data part with the context
 * in the kubernetes-agent's names, for an agent that looks for itself.
 */
export function reviewMessage(
  request: ReviewRequest,
  messageId: string,
  prompt: AgentPrompt,
  options: PromptOptions,
): Message {
  const text = [prompt.text, ...ownersWords(request, options), ANSWER_FORM].join('\n\n');
  const context: unknown = JSON.parse(JSON.stringify(agentContext(request, options.redact)));
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
