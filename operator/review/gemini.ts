import { type Content, type GenerationConfig, type Schema, SchemaType } from '@google/generative-ai';
import { CodedError } from '../../crds/errors.ts';
import type { ReviewRequest } from '../model.ts';
import { type GeminiText, generate } from './gemini-client.ts';
import { systemResolve } from './http.ts';
import { httpFailure, transportFailure } from './http-failure.ts';
import { TEXT } from './messages.ts';
import { modelOpinion } from './opinion.ts';
import { type AnswerReader, type ModelAnswer, modelAnswerReader } from './opinion-schema.ts';
import { allowedURL, credentialFor, GEMINI_URL, originPolicy, vetAddress } from './origin.ts';
import { type ModelPrompt, modelPrompt, repairPrompt } from './prompt.ts';
import { type FailedAttempt, withRetries } from './retry.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';
import { withinTime } from './timeout.ts';

/** The model when neither spec nor configuration name one. */
export const GEMINI_MODEL = 'gemini-2.0-flash';

const MODEL_NAME = /^((models|tunedModels)\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** How much of an answer that was not valid is shown to the model again, characters. */
const MAX_REPAIRED = 8192;

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
  },
};

const GENERATION: GenerationConfig = {
  responseMimeType: 'application/json',
  responseSchema: RESPONSE_SCHEMA,
  temperature: 0,
  candidateCount: 1,
  maxOutputTokens: 8192,
};

/** A reviewer that asks a Gemini model; the key is the credential configured for the base URL's origin. */
export function geminiReviewer(
  spec: { readonly model?: string },
  timeoutMs: number,
  config: ReviewConfig,
): Reviewer {
  const model = spec.model ?? config.gemini?.model ?? GEMINI_MODEL;
  const name = `gemini/${model}`.slice(0, 253);
  const reader = modelAnswerReader();
  return {
    name,
    ownEvidence: false,
    review(request, { signal }) {
      const { clock } = config;
      const started = clock.monotonic();
      return withinTime({ clock, timeoutMs, signal, subject: 'Gemini' }, async (limited, deadline) => {
        const session = openSession(model, request, config, limited, deadline);
        config.logger.trace('Asking Gemini', {
          model,
          system: session.prompt.system,
          prompt: session.prompt.user,
        });
        const { answer, inputTokens, outputTokens } = await askWithRepair(session, reader);
        const durationMilliseconds = clock.monotonic() - started;
        config.logger.debug('Gemini answered', {
          model,
          evidenceTokens: session.prompt.evidence.tokens,
          inputTokens,
          outputTokens,
          durationMilliseconds,
        });
        return modelOpinion(answer, {
          reviewer: name,
          durationMilliseconds,
          inputTokens,
          outputTokens,
          redact: config.redact,
        });
      });
    },
  };
}

interface Session {
  readonly prompt: ModelPrompt;
  say(contents: Content[]): Promise<GeminiText>;
}

function openSession(
  model: string,
  request: ReviewRequest,
  config: ReviewConfig,
  signal: AbortSignal,
  deadline: number,
): Session {
  if (!MODEL_NAME.test(model)) {
    throw new CodedError('CONFIG_INVALID', 'gemini.model is not the name of a model, e.g. gemini-2.0-flash');
  }
  const policy = originPolicy(config, request.namespace);
  const baseURL = allowedURL(config.gemini?.baseURL ?? GEMINI_URL, policy);
  const apiKey = credentialFor(baseURL, config.credentials ?? []);
  if (apiKey === undefined) {
    throw new CodedError(
      'REVIEWER_UNAUTHORIZED',
      `Gemini: ${TEXT.authentication}; no API key is configured for ${baseURL.origin}: set GOOGLE_API_KEY on the operator`,
    );
  }
  const http = {
    resolve: config.resolve ?? systemResolve,
    vetAddress: (address: string, url: URL) => vetAddress(address, url, policy),
  };
  const prompt = modelPrompt(request, { nonce: config.nonce(), redact: config.redact });
  const { clock, random } = config;
  return {
    prompt,
    say: (contents) =>
      withRetries(
        async () => {
          try {
            const said = await generate({
              baseURL,
              apiKey,
              model,
              system: prompt.system,
              generationConfig: GENERATION,
              contents,
              signal,
              http,
            });
            return 'refused' in said ? refusal(said.refused, model, baseURL, clock.now()) : { value: said };
          } catch (error) {
            return transportFailure(error);
          }
        },
        { clock, random, signal, deadline },
      ),
  };
}

/** Asks once; an answer that is not valid is asked for once more, with what is wrong with it. */
async function askWithRepair(
  { prompt, say }: Session,
  reader: AnswerReader<ModelAnswer>,
): Promise<{ answer: ModelAnswer; inputTokens: number; outputTokens: number }> {
  const first = await say([user(prompt.user)]);
  const read = understand(first, reader);
  if ('answer' in read) return { ...first, answer: read.answer };
  const repair = repairPrompt(read.problem);
  const second = await say(
    first.text.trim() === ''
      ? [user(`${prompt.user}\n\n${repair}`)]
      : [
          user(prompt.user),
          { role: 'model', parts: [{ text: first.text.slice(0, MAX_REPAIRED) }] },
          user(repair),
        ],
  );
  const reread = understand(second, reader);
  if ('problem' in reread) {
    throw new CodedError(
      'REVIEWER_MALFORMED',
      `Gemini gave no valid opinion, asked twice: ${reread.problem}`,
    );
  }
  return {
    answer: reread.answer,
    inputTokens: first.inputTokens + second.inputTokens,
    outputTokens: first.outputTokens + second.outputTokens,
  };
}

function understand(said: GeminiText, reader: AnswerReader<ModelAnswer>): ReturnType<typeof reader> {
  if (said.endedBy !== undefined && said.endedBy !== 'MAX_TOKENS') {
    throw new CodedError('REVIEWER_MALFORMED', `Gemini declined to answer: ${said.endedBy}`);
  }
  const read = reader(said.text);
  return 'problem' in read && said.endedBy !== undefined
    ? { problem: `${read.problem} (it was cut at its length limit)` }
    : read;
}

function user(text: string): Content {
  return { role: 'user', parts: [{ text }] };
}

/** What Google's answer other than 200 means: a wrong key is a 400 there, and the pause of a 429 stands in the body. */
function refusal(
  answer: { status: number; headers: Readonly<Record<string, string>>; text: string },
  model: string,
  baseURL: URL,
  now: number,
): FailedAttempt {
  const subject = `Gemini at ${baseURL.origin}`;
  const failure = httpFailure(answer, subject, now);
  const details = errorDetails(answer.text);
  if (answer.status === 400 && details.some(({ reason }) => reason === 'API_KEY_INVALID')) {
    return {
      error: new CodedError(
        'REVIEWER_UNAUTHORIZED',
        `${subject}: ${TEXT.authentication}; the API key is not valid: check GOOGLE_API_KEY`,
      ),
      retry: false,
    };
  }
  if (answer.status === 404) {
    return {
      error: new CodedError('CONFIG_INVALID', `${subject} has no model ${model}: correct gemini.model`),
      retry: false,
    };
  }
  const delay = details
    .map(({ retryDelay }) => /^(\d{1,6}(?:\.\d+)?)s$/.exec(String(retryDelay))?.[1])
    .find(Boolean);
  return delay === undefined || failure.retryAfterMs !== undefined
    ? failure
    : { ...failure, retryAfterMs: Number(delay) * 1000 };
}

/** `error.details` of google.rpc.Status, as far as it can be read. */
function errorDetails(body: string): { readonly reason?: unknown; readonly retryDelay?: unknown }[] {
  try {
    const details = (JSON.parse(body) as { error?: { details?: unknown } }).error?.details;
    return Array.isArray(details)
      ? details.filter((detail) => typeof detail === 'object' && detail !== null)
      : [];
  } catch {
    return [];
  }
}
