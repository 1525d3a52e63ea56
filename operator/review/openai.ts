import { CodedError } from '../../crds/errors.ts';
import { httpOptions } from './http.ts';
import { transportFailure } from './http-failure.ts';
import { TEXT } from './messages.ts';
import type { Question, Said } from './model.ts';
import { modelReviewer } from './model-reviewer.ts';
import { type Dialect, Dialects, simpler } from './openai-dialect.ts';
import { refusal } from './openai-refusal.ts';
import { allowedURL, credentialFor, OPENAI_URL, originPolicy } from './origin.ts';
import type { FailedAttempt } from './retry.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';

/** Names as servers have them: `gpt-4o`, `llama3.1:8b`, `meta-llama/Llama-3.1-8B`, `ft:gpt-4o:acme::id`. */
const MODEL_NAME = /^[A-Za-z0-9][\w.:/@+-]*$/;

/**
 * A reviewer that asks a model behind an OpenAI-compatible server (OpenAI, vLLM, Ollama, LiteLLM) for JSON after a schema;
 * a server that does not know schemas is asked for JSON, then in words alone. The credential configured for the server's
 * origin is its bearer token; OpenAI's own is not asked without one. The SDK, 35 MB in memory, is loaded when it is needed.
 */
export function openAIReviewer(
  spec: { readonly model?: string; readonly baseURL?: string },
  timeoutMs: number,
  config: ReviewConfig,
): Reviewer {
  const model = spec.model ?? config.openAI?.model;
  const dialects = config.dialects ?? new Dialects(config.clock);
  return modelReviewer(
    {
      kind: 'openAI',
      subject: 'OpenAI-compatible server',
      model: model ?? 'unknown',
      open({ namespace }) {
        if (model === undefined) {
          throw new CodedError(
            'CONFIG_INVALID',
            'openAI.model is required: neither spec nor OPENAI_MODEL names a model, e.g. gpt-4o',
          );
        }
        if (!MODEL_NAME.test(model)) {
          throw new CodedError('CONFIG_INVALID', 'openAI.model is not the name of a model, e.g. gpt-4o');
        }
        const policy = originPolicy(config, namespace);
        const baseURL = allowedURL(spec.baseURL ?? config.openAI?.baseURL ?? OPENAI_URL, policy);
        const apiKey = credentialFor(baseURL, config.credentials ?? []);
        if (apiKey === undefined && baseURL.origin === new URL(OPENAI_URL).origin) {
          throw new CodedError(
            'REVIEWER_UNAUTHORIZED',
            `OpenAI: ${TEXT.authentication}; no API key is configured for ${baseURL.origin}: set OPENAI_API_KEY on the operator`,
          );
        }
        const http = httpOptions(policy, config);
        const endpoint = `${baseURL.href} ${model}`;
        const ask = async (
          question: Question,
          dialect: Dialect,
        ): Promise<{ readonly value: Said } | FailedAttempt> => {
          try {
            const { complete } = await import('./openai-client.ts');
            const said = await complete({ baseURL, apiKey, model, dialect, http, ...question });
            if (!('refused' in said)) {
              dialects.remember(endpoint, dialect);
              return { value: said };
            }
            const refused = refusal(said.refused, model, baseURL, config.clock.now());
            const next =
              refused.unsupported === undefined ? undefined : simpler(dialect, refused.unsupported);
            if (next === undefined) return refused;
            config.logger.debug('A server does not take the request as it is', { endpoint, next });
            return await ask(question, next);
          } catch (error) {
            return transportFailure(error);
          }
        };
        return { endpoint, ask: (question) => ask(question, dialects.of(endpoint)) };
      },
    },
    timeoutMs,
    config,
  );
}
