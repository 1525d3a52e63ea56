import type { Message } from '@a2a-js/sdk';
import { CodedError } from '../../crds/errors.ts';
import type { ReviewRequest } from '../model.ts';

/** What an agent is asked: which pods to compare, and what the owner says to it. */
export type Question = Partial<Omit<ReviewRequest, 'assessed' | 'distilled' | 'evidence' | 'questionID'>>;

/** The fields of a context, by their names in the kubernetes-agent's interface, and how long each may be. */
const FIELDS = {
  namespace: ['namespace', 63],
  rolloutName: ['rollout', 253],
  stableSelector: ['stableSelector', 4096],
  canarySelector: ['canarySelector', 4096],
  podName: ['podName', 253],
  extraPrompt: ['extraPrompt', 8192],
  repoUrl: ['repoURL', 2048],
  baseBranch: ['baseBranch', 255],
} as const satisfies Record<string, readonly [Exclude<keyof Question, 'look'>, number]>;

/** More looks at one revision are not counted. */
const MAX_LOOK = 1_000_000;

/** Names of namespaces and objects end up in the paths of requests to the API server (RFC 1123). */
const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/**
 * The question in the body of `POST /a2a/analyze`: `{userId, memoryId?, prompt, context}`; only the context counts.
 * @throws CodedError `CONFIG_INVALID` naming the field that is wrong.
 */
export function questionOfAnalyze(body: string): Question {
  const request = parsed(body);
  if (!isObject(request)) throw invalid('the body must be a JSON object');
  if (typeof request['prompt'] !== 'string') throw invalid('prompt must be a string');
  return questionOfContext(request['context'] ?? {});
}

/**
 * The question in a message over A2A: its data part with a context; an empty one where there is none.
 * @throws CodedError `CONFIG_INVALID` naming the field that is wrong.
 */
export function questionOfMessage({ parts }: Message): Question {
  const contexts = parts.flatMap(({ content }) =>
    content?.$case === 'data' ? [content.value as unknown] : [],
  );
  if (contexts.length > 1) throw invalid(`the message has ${contexts.length} data parts, not one`);
  return questionOfContext(contexts[0] ?? {});
}

function questionOfContext(context: unknown): Question {
  if (!isObject(context)) throw invalid('context must be an object');
  const question: { -readonly [K in keyof Question]: Question[K] } = lookOf(context);
  for (const [name, [key, longest]] of Object.entries(FIELDS)) {
    const value = context[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string') throw invalid(`context.${name} must be a string`);
    if (value.length > longest) throw invalid(`context.${name} must have at most ${longest} characters`);
    question[key] = value;
  }
  for (const key of ['namespace', 'rollout', 'podName'] as const) {
    const value = question[key];
    if (value !== undefined && !OBJECT_NAME.test(value)) {
      throw invalid(`context.${key === 'rollout' ? 'rolloutName' : key} must be the name of an object`);
    }
  }
  return question;
}

function lookOf({ look }: Readonly<Record<string, unknown>>): Pick<Question, 'look'> {
  if (look === undefined || look === null) return {};
  if (typeof look !== 'number' || !Number.isInteger(look) || look < 1 || look > MAX_LOOK)
    throw invalid(`context.look must be a whole number from 1 to ${MAX_LOOK}`);
  return { look };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw invalid('the body is not JSON');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): CodedError {
  return new CodedError('CONFIG_INVALID', message);
}
