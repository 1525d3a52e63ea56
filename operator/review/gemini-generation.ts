import { type GenerationConfig, type Schema, SchemaType } from '@google/generative-ai';

const text = (description: string): Schema => ({ type: SchemaType.STRING, description });

/** The opinion schema in the subset of OpenAPI that Gemini takes. */
const RESPONSE_SCHEMA: Schema = {
  type: SchemaType.OBJECT,
  required: ['verdict', 'confidence', 'summary', 'rootCause', 'remediation', 'citations'],
  properties: {
    verdict: { type: SchemaType.STRING, format: 'enum', enum: ['Promote', 'Abort', 'Inconclusive'] },
    confidence: { type: SchemaType.INTEGER, description: 'How sure, 0 to 100' },
    summary: text('Why, in one or two sentences'),
    rootCause: text('The most likely cause; empty when nothing is wrong'),
    remediation: text('What to do; empty when nothing is to be done'),
    citations: {
      type: SchemaType.ARRAY,
      items: {
        type: SchemaType.OBJECT,
        required: ['id', 'quote'],
        properties: {
          id: text('F… or T…'),
          quote: text('Copied exactly from a sample of that id, at least 12 characters'),
        },
      },
    },
    proposedFix: {
      type: SchemaType.OBJECT,
      nullable: true,
      description: 'A fix of files in the repository; null unless asked for and certain',
      required: ['summary', 'edits'],
      properties: {
        summary: text('What it changes and why'),
        edits: {
          type: SchemaType.ARRAY,
          items: {
            type: SchemaType.OBJECT,
            required: ['path', 'before', 'after'],
            properties: {
              path: text("The file, from the repository's root"),
              before: text('The text that is there now, exactly'),
              after: text('The text that is to be there'),
            },
          },
        },
      },
    },
  },
};

/** How Gemini is to answer: JSON after the schema, the likeliest words, no longer than so many tokens. */
export function generationConfig(maxOutputTokens: number): GenerationConfig {
  return {
    responseMimeType: 'application/json',
    responseSchema: RESPONSE_SCHEMA,
    temperature: 0,
    candidateCount: 1,
    maxOutputTokens,
  };
}
