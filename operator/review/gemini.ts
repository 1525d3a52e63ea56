import { CodedError } from '../../crds/errors.ts';
import { generate } from './gemini-client.ts';
import { generationConfig } from './gemini-generation.ts';
import { refusal } from './gemini-refusal.ts';
import { httpOptions } from './http.ts';
import { transportFailure } from './http-failure.ts';
import { TEXT } from './messages.ts';
import { modelReviewer } from './model-reviewer.ts';
import { allowedURL, credentialFor, GEMINI_URL, originPolicy } from './origin.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';

/** The model when neither spec nor configuration name one. */
export const GEMINI_MODEL = 'gemini-2.0-flash';

const MODEL_NAME = /^((models|tunedModels)\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A reviewer that asks a Gemini model; the key is the credential configured for the base URL's origin. */
export function geminiReviewer(
  spec: { readonly model?: string },
  timeoutMs: number,
  config: ReviewConfig,
): Reviewer {
  const model = spec.model ?? config.gemini?.model ?? GEMINI_MODEL;
  return modelReviewer(
    {
      kind: 'gemini',
      subject: 'Gemini',
      model,
      open({ namespace }) {
        if (!MODEL_NAME.test(model)) {
          throw new CodedError(
            'CONFIG_INVALID',
            'gemini.model is not the name of a model, e.g. gemini-2.0-flash',
          );
        }
        const policy = originPolicy(config, namespace);
        const baseURL = allowedURL(config.gemini?.baseURL ?? GEMINI_URL, policy);
        const apiKey = credentialFor(baseURL, config.credentials ?? []);
        if (apiKey === undefined) {
          throw new CodedError(
            'REVIEWER_UNAUTHORIZED',
            `Gemini: ${TEXT.authentication}; no API key is configured for ${baseURL.origin}: set GOOGLE_API_KEY on the operator`,
          );
        }
        const http = httpOptions(policy, config);
        return {
          endpoint: `${baseURL.href} ${model}`,
          async ask({ system, turns, maxOutputTokens, signal }) {
            try {
              const said = await generate({
                baseURL,
                apiKey,
                model,
                system,
                generationConfig: generationConfig(maxOutputTokens),
                contents: turns.map(({ role, text }) => ({ role, parts: [{ text }] })),
                signal,
                http,
              });
              return 'refused' in said
                ? refusal(said.refused, model, baseURL, config.clock.now())
                : { value: said };
            } catch (error) {
              return transportFailure(error);
            }
          },
        };
      },
    },
    timeoutMs,
    config,
  );
}
