import { randomBytes } from 'node:crypto';
import { systemClock } from '../../../crds/client/clock.ts';
import type { Reviewer as ReviewerSpec } from '../../../crds/v1alpha1/spec.ts';
import { DEFAULT_AGENT_URL } from '../../../operator/config/environment.ts';
import { silentLogger } from '../../../operator/kernel/logger.ts';
import { createRedactor } from '../../../operator/redact/index.ts';
import {
  createReviewer,
  GEMINI_URL,
  OPENAI_URL,
  type ReviewConfig,
  type Reviewer,
} from '../../../operator/review/index.ts';
import { sentTo, startGeminiDouble } from '../../lab/doubles/gemini.ts';
import { startKubernetesAgentDouble } from '../../lab/doubles/kubernetes-agent.ts';
import { startOpenAIDouble } from '../../lab/doubles/openai.ts';
import type { Answering } from './doubles.ts';
import { readPrompt, type Sent } from './prompt.ts';

/** Which interface is asked. */
export type Kind = 'gemini' | 'openai' | 'a2a';

/** The environment, as the operator reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Somebody to ask, by the operator's own code. */
export interface Asked {
  readonly reviewer: Reviewer;
  readonly config: ReviewConfig;
  /** False for a double. */
  readonly isReal: boolean;
  close(): Promise<void>;
}

/** What has to be in the environment for a real reviewer. */
export const NEEDS: Readonly<Record<Kind, readonly string[]>> = {
  gemini: ['GOOGLE_API_KEY'],
  openai: ['OPENAI_API_KEY', 'OPENAI_BASE_URL'],
  a2a: ['K8S_AGENT_URL'],
};

export function isKind(word: string): word is Kind {
  return Object.hasOwn(NEEDS, word);
}

/** The reviewer that the environment names; undefined where it names none of {@link NEEDS}. */
export function realReviewer(kind: Kind, env: Environment): Asked | undefined {
  const value = (name: string): string | undefined => env[name]?.trim() || undefined;
  if (NEEDS[kind].every((name) => value(name) === undefined)) return undefined;
  const [baseURL, key, model] =
    kind === 'gemini'
      ? [GEMINI_URL, value('GOOGLE_API_KEY'), value('GEMINI_MODEL')]
      : kind === 'openai'
        ? [
            value('OPENAI_BASE_URL') ?? OPENAI_URL,
            value('OPENAI_API_KEY'),
            value('OPENAI_MODEL') ?? 'gpt-4o-mini',
          ]
        : [value('K8S_AGENT_URL') ?? DEFAULT_AGENT_URL, undefined, undefined];
  return asked(kind, baseURL, key, model, () => Promise.resolve());
}

/** A double on a socket of its own that answers so. */
export async function doubleReviewer(kind: Kind, answering: Answering): Promise<Asked> {
  const key = 'a-key-of-the-double';
  let nonce = '';
  const opinionOn = (sent: Sent) => answering(readPrompt(sent, nonce));
  const started = async (): Promise<Asked> => {
    if (kind === 'gemini') {
      const double = await startGeminiDouble({ key });
      double.replies.always((request) => ({ opinion: opinionOn(sentTo(request)) }));
      return asked(kind, double.url, key, undefined, () => double.close());
    }
    if (kind === 'openai') {
      const double = await startOpenAIDouble({ key });
      double.replies.always(({ messages }) => {
        const said = (role: string): string =>
          messages
            .filter((message) => message.role === role)
            .map(({ content }) => content)
            .join('\n');
        return { opinion: opinionOn({ system: said('system'), user: said('user') }) };
      });
      return asked(kind, double.baseURL, key, 'double', () => double.close());
    }
    const double = await startKubernetesAgentDouble();
    double.analyses.always(({ prompt }) => {
      const { verdict, confidence, summary, rootCause, remediation } = opinionOn({
        system: '',
        user: prompt,
      });
      return {
        body: {
          analysis: summary,
          rootCause,
          remediation,
          promote: verdict === 'Promote',
          confidence,
          prLink: null,
        },
      };
    });
    return asked(kind, double.url, undefined, undefined, () => double.close());
  };
  const made = await started();
  const config: ReviewConfig = { ...made.config, nonce: () => (nonce = made.config.nonce()) };
  return { ...made, config, isReal: false, reviewer: createReviewer(specOf(kind), config) };
}

function asked(
  kind: Kind,
  baseURL: string,
  secret: string | undefined,
  model: string | undefined,
  close: () => Promise<void>,
): Asked {
  const redactor = createRedactor();
  const endpoint = { baseURL, ...(model === undefined ? {} : { model }) };
  const config: ReviewConfig = {
    ...(kind === 'gemini'
      ? { gemini: endpoint }
      : kind === 'openai'
        ? { openAI: endpoint }
        : { a2a: { url: baseURL } }),
    credentials: secret === undefined ? [] : [{ origin: new URL(baseURL).origin, secret }],
    redact: (text) => redactor.redact(text),
    clock: systemClock,
    random: Math.random,
    nonce: () => randomBytes(12).toString('hex'),
    logger: silentLogger,
  };
  return { reviewer: createReviewer(specOf(kind), config), config, isReal: true, close };
}

function specOf(kind: Kind): ReviewerSpec {
  return kind === 'gemini' ? { gemini: {} } : kind === 'openai' ? { openAI: {} } : { a2a: {} };
}
