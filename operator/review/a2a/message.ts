import { createHash, randomUUID } from 'node:crypto';
import { type Message, type Part, Role } from '@a2a-js/sdk';
import type { ReviewRequest } from '../../model.ts';
import { agentContext } from '../agent-context.ts';
import { AGENT_ANSWER_FORM, type AgentPrompt, ownersWords, type PromptOptions } from '../prompt.ts';

/**
 * The identifier of a message: one question has the same whenever it is asked, so that an agent can tell a repetition by it
 * (A2A 1.0, "Idempotency"). A UUID of version 8 (RFC 9562) made of the question's SHA-256; random where the question has no name.
 */
export function messageIdOf({ questionID }: ReviewRequest): string {
  if (questionID === undefined) return randomUUID();
  const hash = createHash('sha256').update(`review ${questionID}`).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const groups = [
    hash.subarray(0, 4),
    hash.subarray(4, 6),
    hash.subarray(6, 8),
    hash.subarray(8, 10),
    hash.subarray(10, 16),
  ];
  return groups.map((group) => group.toString('hex')).join('-');
}

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
