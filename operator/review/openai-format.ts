import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { Dialect } from './openai-dialect.ts';

const text = (description: string) => ({ type: 'string', description });

/** An object of exactly these fields, as OpenAI's strict mode asks for. */
const exact = (properties: Record<string, object>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});

/** The opinion schema in the subset of JSON Schema that strict structured output takes: every field required, none beside. */
const STRICT_SCHEMA = exact({
  verdict: { type: 'string', enum: ['Promote', 'Abort', 'Inconclusive'] },
  confidence: { type: 'integer', description: 'How sure, 0 to 100' },
  summary: text('Why, in one or two sentences'),
  rootCause: text('The most likely cause; empty when nothing is wrong'),
  remediation: text('What to do; empty when nothing is to be done'),
  citations: {
    type: 'array',
    items: exact({
      id: text('F… or T…'),
      quote: text('Copied exactly from a sample of that id, at least 12 characters'),
    }),
  },
  proposedFix: {
    anyOf: [
      { type: 'null' },
      exact({
        summary: text('What it changes and why'),
        edits: {
          type: 'array',
          items: exact({
            path: text("The file, from the repository's root"),
            before: text('The text that is there now, exactly'),
            after: text('The text that is to be there'),
          }),
        },
      }),
    ],
  },
});

/** The parameters of a request besides model and messages, in a dialect. */
export function parametersOf(
  dialect: Dialect,
  maxOutputTokens: number,
): Pick<
  ChatCompletionCreateParams,
  'response_format' | 'temperature' | 'max_completion_tokens' | 'max_tokens'
> {
  return {
    ...(dialect.temperature ? { temperature: 0 } : {}),
    [dialect.limit]: maxOutputTokens,
    ...(dialect.format === 'text' ? {} : { response_format: formatOf(dialect.format) }),
  };
}

function formatOf(format: 'json_schema' | 'json_object') {
  if (format === 'json_object') return { type: 'json_object' } as const;
  const json_schema = { name: 'opinion', strict: true, schema: STRICT_SCHEMA };
  return { type: 'json_schema', json_schema } as const;
}
