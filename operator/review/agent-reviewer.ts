import type { Opinion } from '../../crds/v1alpha1/status.ts';
import type { ReviewRequest } from '../model.ts';
import { findCard } from './a2a/card.ts';
import { type Agent, agentName, openAgent } from './agent.ts';
import { checkHealth, unhealthy } from './agent-health.ts';
import { Endpoints } from './endpoints.ts';
import { analyze, analyzeRequest } from './kubernetes-agent.ts';
import { TEXT } from './messages.ts';
import { agentOpinion, type OpinionContext } from './opinion.ts';
import { agentAnswerReader } from './opinion-schema.ts';
import { withRetries } from './retry.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';
import { withinTime } from './timeout.ts';

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
      const { clock, redact } = config;
      const started = clock.monotonic();
      const opinionContext = (): OpinionContext => ({
        reviewer: name,
        durationMilliseconds: clock.monotonic() - started,
        redact,
      });
      return withinTime(
        { clock, timeoutMs, signal, subject: TEXT.agentFailed },
        async (limited, deadline) => {
          const agent = openAgent(text, request.namespace, config);
          const call: Call = { agent, request, config, signal: limited, deadline, opinionContext };
          const work = { tokens: 0, signal: limited, cancelled: signal, deadline };
          return endpoints.of('a2a', agent.url).run(
            work,
            () => ask(call, timeoutMs),
            () => 0,
          );
        },
      );
    },
  };
}

/** Health and card first, then the question. */
async function ask(call: Call, timeoutMs: number): Promise<Opinion> {
  const { agent, signal } = call;
  const { clock, logger } = call.config;
  const found = await withinTime(
    {
      clock,
      timeoutMs: Math.min(HEALTH_TIMEOUT_MS, timeoutMs / 2),
      signal,
      subject: TEXT.agentUnhealthy,
    },
    (soon) => reachable(agent, soon, clock.now()),
  );
  const opinion = found.kind === 'none' ? await overREST(call) : await overA2A(call, found);
  logger.debug('The agent answered', {
    url: agent.url,
    protocol: found.kind === 'none' ? 'REST' : found.interface.binding,
    verdict: opinion.verdict,
    confidence: opinion.confidence,
    durationMilliseconds: opinion.durationMilliseconds,
  });
  return opinion;
}

interface Call {
  readonly agent: Agent;
  readonly request: ReviewRequest;
  readonly config: ReviewConfig;
  readonly signal: AbortSignal;
  readonly deadline: number;
  readonly opinionContext: () => OpinionContext;
}

/** Whether the agent is well, and its card: an agent that tells neither is not there. */
async function reachable(agent: Agent, signal: AbortSignal, now: number) {
  const health = await checkHealth(agent, signal);
  const found = await findCard(agent, signal, now);
  if (health === 'unknown' && found.kind === 'none') {
    throw unhealthy(agent, '/q/health', 'HTTP 4xx, also at /a2a/health, and it has no agent card of A2A 1.0');
  }
  return found;
}

function hasSelectors({ stableSelector, canarySelector }: ReviewRequest): boolean {
  return stableSelector !== undefined && canarySelector !== undefined;
}

async function overREST({
  agent,
  request,
  config,
  signal,
  deadline,
  opinionContext,
}: Call): Promise<Opinion> {
  const { clock, random, logger } = config;
  const body = analyzeRequest(request, config);
  logger.trace('Asking kubernetes-agent', { url: agent.url, prompt: body.prompt });
  const reader = agentAnswerReader();
  const answer = await withRetries(() => analyze(agent, body, reader, signal, clock.now()), {
    clock,
    random,
    signal,
    deadline,
  });
  return agentOpinion(answer, opinionContext(), hasSelectors(request));
}

/** The SDK is loaded when an agent has a card: it need not be there before. */
async function overA2A(call: Call, found: Extract<Awaited<ReturnType<typeof reachable>>, { kind: 'a2a' }>) {
  const { a2aOpinion } = await import('./a2a/review.ts');
  return a2aOpinion({ ...call, found, ownEvidence: hasSelectors(call.request) });
}
