import type { Content } from '@google/generative-ai';
import { CodedError } from '../../crds/errors.ts';
import type { ReviewRequest } from '../model.ts';
import { type GeminiText, generate } from './gemini-client.ts';
import { GENERATION } from './gemini-generation.ts';
import { refusal } from './gemini-refusal.ts';
import { systemResolve } from './http.ts';
import { transportFailure } from './http-failure.ts';
import { TEXT } from './messages.ts';
import { modelOpinion } from './opinion.ts';
import { type AnswerReader, type ModelAnswer, modelAnswerReader } from './opinion-schema.ts';
import { allowedURL, credentialFor, GEMINI_URL, originPolicy, vetAddress } from './origin.ts';
import { type ModelPrompt, modelPrompt, repairPrompt } from './prompt.ts';
import { withRetries } from './retry.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';
import { withinTime } from './timeout.ts';

/** The model when neither spec nor configuration name one. */
export const GEMINI_MODEL = 'gemini-2.0-flash';

const MODEL_NAME = /^((models|tunedModels)\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** How much of an answer that was not valid is shown to the model again, characters. */
const MAX_REPAIRED = 8192;

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
