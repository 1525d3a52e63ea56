import { CodedError } from '../../crds/errors.ts';
import type { Opinion } from '../../crds/v1alpha1/status.ts';
import type { ReviewRequest } from '../model.ts';
import { type Endpoint, Endpoints } from './endpoints.ts';
import { withDefaults } from './limits.ts';
import { CUT_OFF, type Model, type Said, type Turn } from './model.ts';
import { modelOpinion } from './opinion.ts';
import { type AnswerReader, type ModelAnswer, modelAnswerReader } from './opinion-schema.ts';
import { type ModelPrompt, modelPrompt, repairPrompt } from './prompt.ts';
import { withRetries } from './retry.ts';
import type { ReviewConfig, Reviewer, ReviewOptions } from './reviewer.ts';
import { withinTime } from './timeout.ts';
import { estimateTokens } from './tokens.ts';

/** How much of an answer that was not valid is shown to the model again, characters. */
const MAX_REPAIRED = 8192;

/** Which model a reviewer asks. */
export interface ModelSource {
  readonly kind: 'gemini' | 'openAI';
  /** Begins messages: `Gemini`. */
  readonly subject: string;
  /** The model's name. */
  readonly model: string;
  /**
   * Vets the URL and finds the credential.
   * @throws CodedError `CONFIG_INVALID`, `ORIGIN_FORBIDDEN`, `REVIEWER_UNAUTHORIZED`.
   */
  open(request: ReviewRequest): Model;
}

/** A reviewer that shows a model the evidence and reads its JSON answer; one that is not valid is asked for once more. */
export function modelReviewer(source: ModelSource, timeoutMs: number, config: ReviewConfig): Reviewer {
  const { kind, subject, model } = source;
  const name = `${kind}/${model}`.slice(0, 253);
  const reader = modelAnswerReader();
  const endpoints = config.endpoints ?? new Endpoints(config.clock, config.limits);
  return {
    name,
    ownEvidence: false,
    review(request, { signal, onTokens }) {
      const { clock, logger, redact } = config;
      const started = clock.monotonic();
      return withinTime(
        { clock, timeoutMs, signal, subject },
        async (limited, deadline): Promise<Opinion> => {
          const opened = source.open(request);
          const { maxPromptTokens, maxOutputTokens } = withDefaults(config.limits);
          const prompt = modelPrompt(request, { nonce: config.nonce(), redact, maxPromptTokens });
          const session: Session = {
            subject,
            model: opened,
            endpoint: endpoints.of(kind, opened.endpoint),
            prompt,
            maxPromptTokens,
            maxOutputTokens,
            config,
            onTokens,
            cancelled: signal,
            signal: limited,
            deadline,
          };
          logger.trace('Asking a model', { reviewer: name, system: prompt.system, prompt: prompt.user });
          const { answer, inputTokens, outputTokens } = await askWithRepair(session, reader);
          const durationMilliseconds = clock.monotonic() - started;
          logger.debug('A model answered', {
            reviewer: name,
            evidenceTokens: prompt.evidence.tokens,
            inputTokens,
            outputTokens,
            durationMilliseconds,
          });
          return modelOpinion(answer, {
            reviewer: name,
            durationMilliseconds,
            inputTokens,
            outputTokens,
            redact,
            unmarked: prompt.evidence.unmarked,
          });
        },
      );
    },
  };
}

interface Session {
  readonly subject: string;
  readonly model: Model;
  readonly endpoint: Endpoint;
  readonly prompt: ModelPrompt;
  readonly maxPromptTokens: number;
  readonly maxOutputTokens: number;
  readonly config: ReviewConfig;
  readonly onTokens: ReviewOptions['onTokens'];
  readonly cancelled: AbortSignal;
  readonly signal: AbortSignal;
  readonly deadline: number;
}

/** Asks, again where that may help, once the endpoint has a place. */
async function say(session: Session, turns: readonly Turn[]): Promise<Said> {
  const { model, endpoint, prompt, maxOutputTokens, config, cancelled, signal, deadline } = session;
  const { clock, random, logger, redact } = config;
  const question = { system: prompt.system, turns, maxOutputTokens, signal };
  const tokens = promptTokens(prompt.system, turns);
  const said = await endpoint.run(
    { tokens, signal, cancelled, deadline },
    () => withRetries(() => model.ask(question), { clock, random, signal, deadline }),
    ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
  );
  session.onTokens?.(said.inputTokens, said.outputTokens);
  if (logger.isEnabled('trace')) {
    logger.trace('A model said', { endpoint: model.endpoint, answer: redact(said.text) });
  }
  return said;
}

/** Asks once; an answer that is not valid is asked for once more, with what is wrong with it. */
async function askWithRepair(
  session: Session,
  reader: AnswerReader<ModelAnswer>,
): Promise<{ answer: ModelAnswer; inputTokens: number; outputTokens: number }> {
  const { prompt, subject, maxPromptTokens } = session;
  const first = await say(session, [user(prompt.user)]);
  const read = understand(first, reader, subject);
  if ('answer' in read) return { ...first, answer: read.answer };
  const repair = repairPrompt(read.problem);
  const dialogue: Turn[] = [
    user(prompt.user),
    { role: 'model', text: first.text.slice(0, MAX_REPAIRED) },
    user(repair),
  ];
  const fits = first.text.trim() !== '' && promptTokens(prompt.system, dialogue) <= maxPromptTokens;
  const second = await say(session, fits ? dialogue : [user(`${prompt.user}\n\n${repair}`)]);
  const reread = understand(second, reader, subject);
  if ('problem' in reread) {
    throw new CodedError(
      'REVIEWER_MALFORMED',
      `${subject} gave no valid opinion, asked twice: ${reread.problem}`,
    );
  }
  return {
    answer: reread.answer,
    inputTokens: first.inputTokens + second.inputTokens,
    outputTokens: first.outputTokens + second.outputTokens,
  };
}

function understand(
  said: Said,
  reader: AnswerReader<ModelAnswer>,
  subject: string,
): ReturnType<typeof reader> {
  if (said.endedBy !== undefined && said.endedBy !== CUT_OFF) {
    throw new CodedError('REVIEWER_MALFORMED', `${subject} declined to answer: ${said.endedBy}`);
  }
  const read = reader(said.text);
  return 'problem' in read && said.endedBy === CUT_OFF
    ? { problem: `${read.problem} (it was cut at its length limit)` }
    : read;
}

function promptTokens(system: string, turns: readonly Turn[]): number {
  return turns.reduce((sum, { text }) => sum + estimateTokens(text), estimateTokens(system));
}

function user(text: string): Turn {
  return { role: 'user', text };
}
