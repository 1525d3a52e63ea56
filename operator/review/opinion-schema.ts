import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { ProposedFix } from '../../crds/v1alpha1/status.ts';

/** What a model answers. */
export interface ModelAnswer {
  readonly verdict: 'Promote' | 'Abort' | 'Inconclusive';
  readonly confidence: number;
  readonly summary: string;
  readonly rootCause: string;
  readonly remediation: string;
  readonly citations: readonly { readonly id: string; readonly quote: string }[];
  /** Its bounds are looked at later: a fix beyond them is no reason to do without the opinion. */
  readonly proposedFix?: ProposedFix | null;
}

/**
 * The JSON Schema of a model's answer. Every field but the fix must be there, of exactly its type; nothing is coerced or defaulted.
 * Fields it does not name are tolerated and never read: models add "reasoning" and the like, and no meaning can hide there.
 */
export const OPINION_SCHEMA = {
  type: 'object',
  required: ['verdict', 'confidence', 'summary', 'rootCause', 'remediation', 'citations'],
  properties: {
    verdict: { type: 'string', enum: ['Promote', 'Abort', 'Inconclusive'] },
    confidence: { type: 'integer', minimum: 0, maximum: 100 },
    summary: { type: 'string', minLength: 1, maxLength: 16_384 },
    rootCause: { type: 'string', maxLength: 16_384 },
    remediation: { type: 'string', maxLength: 16_384 },
    citations: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        required: ['id', 'quote'],
        properties: {
          id: { type: 'string', pattern: '^[FT][0-9]{1,5}$' },
          quote: { type: 'string', minLength: 1, maxLength: 4096 },
        },
      },
    },
    proposedFix: {
      type: 'object',
      nullable: true,
      required: ['summary', 'edits'],
      properties: {
        summary: { type: 'string' },
        edits: {
          type: 'array',
          items: {
            type: 'object',
            required: ['path', 'before', 'after'],
            properties: {
              path: { type: 'string' },
              before: { type: 'string' },
              after: { type: 'string' },
            },
          },
        },
      },
    },
  },
} as const;

/** What a kubernetes-agent answers to `POST /a2a/analyze`. */
export interface AgentAnswer {
  readonly analysis: string;
  readonly rootCause: string;
  readonly remediation: string;
  readonly prLink?: string | null;
  readonly promote: boolean;
  readonly confidence: number;
  readonly modelResults?: readonly { readonly error?: string | null }[] | null;
  readonly votingRationale?: string | null;
}

/** The JSON Schema of a kubernetes-agent's answer: `"false"` is not a boolean, a missing field is not a default. */
export const AGENT_ANSWER_SCHEMA = {
  type: 'object',
  required: ['analysis', 'rootCause', 'remediation', 'promote', 'confidence'],
  properties: {
    analysis: { type: 'string', minLength: 1 },
    rootCause: { type: 'string' },
    remediation: { type: 'string' },
    prLink: { type: 'string', nullable: true },
    promote: { type: 'boolean' },
    confidence: { type: 'integer', minimum: 0, maximum: 100 },
    modelResults: {
      type: 'array',
      nullable: true,
      items: { type: 'object', properties: { error: { type: 'string', nullable: true } } },
    },
    votingRationale: { type: 'string', nullable: true },
  },
} as const;

/** A valid answer, or what is wrong with it in words that hold nothing of it. */
export type Checked<T> = { readonly answer: T } | { readonly problem: string };

/** Reads JSON text against a schema. */
export type AnswerReader<T> = (text: string) => Checked<T>;

/** A reader of a model's answer; one code fence around the whole of it is taken off. */
export function modelAnswerReader(): AnswerReader<ModelAnswer> {
  const validate = compile<ModelAnswer>(OPINION_SCHEMA);
  return (text) => read(unfenced(text), validate);
}

/** A reader of a kubernetes-agent's answer, which is JSON and nothing else. */
export function agentAnswerReader(): AnswerReader<AgentAnswer> {
  const validate = compile<AgentAnswer>(AGENT_ANSWER_SCHEMA);
  return (text) => read(text, validate);
}

function compile<T>(schema: object): ValidateFunction<T> {
  return new Ajv({ strict: true }).compile<T>(schema);
}

function read<T>(text: string, validate: ValidateFunction<T>): Checked<T> {
  if (text.trim() === '') return { problem: 'the answer is empty' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'the answer is not valid JSON' };
  }
  return validate(value) ? { answer: value } : { problem: describe(validate.errors?.[0]) };
}

function describe(error: ErrorObject | undefined): string {
  const field = error?.instancePath ? error.instancePath.slice(1).replaceAll('/', '.') : 'the answer';
  return `${field} ${error?.message ?? 'is not valid'}`;
}

/** The text without one code fence around the whole of it. */
export function unfenced(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/i.exec(text)?.[1] ?? text;
}
