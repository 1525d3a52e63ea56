import type { Opinion } from '../../crds/v1alpha1/status.ts';
import type { ReviewRequest } from '../model.ts';
import { type FoundCard, findCard } from './a2a/card.ts';
import { type Agent, agentName, openAgent, traceAnswer } from './agent.ts';
import { checkHealth, unhealthy } from './agent-health.ts';
import { Endpoints } from './endpoints.ts';
import { analyze, analyzeRequest } from './kubernetes-agent.ts';
import { TEXT } from './messages.ts';
import { agentOpinion, type OpinionContext } from './opinion.ts';
import { agentAnswerReader } from './opinion-schema.ts';
import { type AgentPrompt, agentPrompt, type PromptOptions } from './prompt.ts';
import { type RetryOptions, withRetries } from './retry.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';
import { withinTime } from './timeout.ts';
import { withoutSecret } from './without-secret.ts';

/** Health check and card may take this long together, or half of the reviewer's time, milliseconds. */
const HEALTH_TIMEOUT_MS = 10_000;

/**
 * A reviewer that asks an agent: health, then its card, then over A2A as the card says, or where there is no card of A2A 1.0
 * over the kubernetes-agent's REST interface. An agent's verdict counts as one with evidence of its own where it was given
 * selectors for both sides.
 */
export function agentReviewer(
  spec: { readonly url?: string },
  timeoutMs: number,
  config: ReviewConfig,
): Reviewer {
  const text = spec.url ?? config.a2a?.url;
  const name = agentName(text);
  const endpoints = config.endpoints ?? new Endpoints(config.clock, config.limits);
  return {
    name,
    ownEvidence: true,
    review(request, { signal }) {
      const { clock } = config;
      const started = clock.monotonic();
      return withinTime(
        { clock, timeoutMs, signal, subject: TEXT.agentFailed },
        async (limited, deadline) => {
          const agent = openAgent(text, request.namespace, config);
          const call = { agent, name, started, request, config, timeoutMs, signal: limited, deadline };
          const work = { tokens: 0, signal: limited, cancelled: signal, deadline };
          return endpoints.of('a2a', agent.url).run(
            work,
            () => opinionOf(call),
            () => 0,
          );
        },
      );
    },
  };
}

interface Call {
  readonly agent: Agent;
  readonly name: string;
  /** On the monotonic clock. */
  readonly started: number;
  readonly request: ReviewRequest;
  readonly config: ReviewConfig;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly deadline: number;
}

async function opinionOf(call: Call): Promise<Opinion> {
  const { agent, name, started, request, config, timeoutMs, signal } = call;
  const { clock, random, logger, nonce, redact } = config;
  const found = await withinTime(
    {
      clock,
      timeoutMs: Math.min(HEALTH_TIMEOUT_MS, timeoutMs / 2),
      signal,
      subject: TEXT.agentUnhealthy,
    },
    (soon, deadline) => reachable(agent, { clock, random, signal: soon, deadline }),
  );
  const promptOptions: PromptOptions = { nonce: nonce(), redact };
  const prompt = agentPrompt(request, promptOptions);
  const asked = [new URL(agent.url), ...(found.kind === 'none' ? [] : [found.interface.url])];
  const tokens = asked.map(agent.tokenFor);
  const opinionContext = (): OpinionContext => ({
    reviewer: name,
    durationMilliseconds: clock.monotonic() - started,
    redact: (text) => redact(tokens.reduce(withoutSecret, text)),
    unmarked: prompt.evidence.unmarked,
  });
  const question: Asked = { ...call, prompt, promptOptions, opinionContext };
  const opinion = found.kind === 'none' ? await overREST(question) : await overA2A(question, found);
  logger.debug('The agent answered', {
    url: agent.url,
    protocol: found.kind === 'none' ? 'REST' : found.interface.binding,
    evidenceTokens: prompt.evidence.tokens,
    verdict: opinion.verdict,
    confidence: opinion.confidence,
    durationMilliseconds: opinion.durationMilliseconds,
  });
  return opinion;
}

interface Asked extends Call {
  readonly prompt: AgentPrompt;
  readonly promptOptions: PromptOptions;
  readonly opinionContext: () => OpinionContext;
}

/** Whether the agent is well, and its card: an agent that tells neither is not there. */
async function reachable(agent: Agent, options: RetryOptions): Promise<FoundCard> {
  const health = await checkHealth(agent, options);
  const found = await findCard(agent, options);
  if (health === 'unknown' && found.kind === 'none') {
    throw unhealthy(agent, '/q/health', 'HTTP 4xx, also at /a2a/health, and it has no agent card of A2A 1.0');
  }
  return found;
}

function hasSelectors({ stableSelector, canarySelector }: ReviewRequest): boolean {
  return stableSelector !== undefined && canarySelector !== undefined;
}

async function overREST(asked: Asked): Promise<Opinion> {
  const { agent, request, config, prompt, signal, deadline } = asked;
  const { clock, random, logger } = config;
  const body = analyzeRequest(request, config, prompt.text);
  logger.trace('Asking kubernetes-agent', { url: agent.url, prompt: body.prompt });
  const reader = agentAnswerReader();
  const { redact } = asked.opinionContext();
  const onAnswer = (text: string): void => traceAnswer(logger, { url: agent.url }, text, redact);
  const answer = await withRetries(
    () => analyze(agent, body, reader, { signal, now: clock.now(), onAnswer }),
    { clock, random, signal, deadline },
  );
  return agentOpinion(answer, asked.opinionContext(), hasSelectors(request));
}

/** The SDK is loaded when an agent has a card: it need not be there before. */
async function overA2A(asked: Asked, found: Extract<FoundCard, { kind: 'a2a' }>): Promise<Opinion> {
  const { a2aOpinion } = await import('./a2a/review.ts');
  return a2aOpinion({ ...asked, found, ownEvidence: hasSelectors(asked.request) });
}
