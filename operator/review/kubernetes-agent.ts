import { CodedError, isCoded } from '../../crds/errors.ts';
import type { ReviewRequest } from '../model.ts';
import { plainText } from './escape.ts';
import { exchange, type HttpAnswer, type HttpRequest, systemResolve } from './http.ts';
import { httpFailure } from './http-failure.ts';
import { TEXT } from './messages.ts';
import { agentOpinion } from './opinion.ts';
import { type AgentAnswer, type AnswerReader, agentAnswerReader } from './opinion-schema.ts';
import { allowedURL, credentialFor, originPolicy, vetAddress } from './origin.ts';
import { agentPrompt, extraPromptOf } from './prompt.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';
import { withinTime } from './timeout.ts';

/** A health check may take this long, or half of the reviewer's time, milliseconds. */
const HEALTH_TIMEOUT_MS = 10_000;
const MAX_HEALTH_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** The agent at one URL, for one review. */
interface Agent {
  /** Without a trailing slash. */
  readonly url: string;
  request(
    path: string,
    options: Pick<HttpRequest, 'method' | 'signal' | 'maxBytes'> & { readonly body?: object },
  ): Promise<HttpAnswer>;
}

/**
 * A reviewer that asks a kubernetes-agent over its REST interface: health, then `POST {url}/a2a/analyze`, once, for an
 * agent may open pull requests while it analyses. `promote: true` is Promote, `false` is Abort.
 */
export function kubernetesAgentReviewer(
  spec: { readonly url?: string },
  timeoutMs: number,
  config: ReviewConfig,
): Reviewer {
  const text = spec.url ?? config.a2a?.url;
  const name = `a2a/${text !== undefined && URL.canParse(text) ? new URL(text).host : 'unknown'}`.slice(
    0,
    253,
  );
  const reader = agentAnswerReader();
  return {
    name,
    ownEvidence: true,
    review(request, { signal }) {
      const { clock, redact, logger } = config;
      const started = clock.monotonic();
      const ownEvidence = request.stableSelector !== undefined && request.canarySelector !== undefined;
      return withinTime({ clock, timeoutMs, signal, subject: TEXT.agentFailed }, async (limited) => {
        const agent = openAgent(text, request.namespace, config);
        await withinTime(
          {
            clock,
            timeoutMs: Math.min(HEALTH_TIMEOUT_MS, timeoutMs / 2),
            signal: limited,
            subject: TEXT.agentUnhealthy,
          },
          (healthSignal) => checkHealth(agent, healthSignal),
        );
        const body = analyzeRequest(request, config);
        logger.trace('Asking kubernetes-agent', { url: agent.url, prompt: body.prompt });
        const answer = await analyze(agent, body, reader, limited, clock.now());
        const durationMilliseconds = clock.monotonic() - started;
        logger.debug('kubernetes-agent answered', {
          url: agent.url,
          promote: answer.promote,
          confidence: answer.confidence,
          models: answer.modelResults?.length ?? 0,
          durationMilliseconds,
        });
        return agentOpinion(answer, { reviewer: name, durationMilliseconds, redact }, ownEvidence);
      });
    },
  };
}

function openAgent(text: string | undefined, namespace: string, config: ReviewConfig): Agent {
  if (text === undefined) {
    throw new CodedError(
      'CONFIG_INVALID',
      'agentUrl is required: neither spec nor K8S_AGENT_URL names an agent',
    );
  }
  const policy = originPolicy(config, namespace);
  const base = allowedURL(text, policy);
  const url = `${base.origin}${base.pathname.replace(/\/+$/, '')}`;
  const token = credentialFor(base, config.credentials ?? []);
  const http = {
    resolve: config.resolve ?? systemResolve,
    vetAddress: (address: string, target: URL) => vetAddress(address, target, policy),
  };
  return {
    url,
    request: (path, { body, ...rest }) =>
      exchange(
        {
          ...rest,
          url: new URL(`${url}${path}`),
          headers: {
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
        http,
      ),
  };
}

/** `/a2a/health`, and `/q/health` (Quarkus) where that does not exist; any 5xx, and a status of DOWN, is unhealthy. */
async function checkHealth(agent: Agent, signal: AbortSignal): Promise<void> {
  const look = async (path: string): Promise<HttpAnswer> => {
    try {
      return await agent.request(path, { method: 'GET', signal, maxBytes: MAX_HEALTH_BYTES });
    } catch (error) {
      if (isCoded(error, 'ABORTED') || isCoded(error, 'ORIGIN_FORBIDDEN')) throw error;
      throw unhealthy(agent, path, isCoded(error) ? error.message : 'no answer', error);
    }
  };
  let path = '/a2a/health';
  let answer = await look(path);
  if (answer.status >= 400 && answer.status < 500) {
    path = '/q/health';
    answer = await look(path);
  }
  if (answer.status < 200 || answer.status >= 300) throw unhealthy(agent, path, `HTTP ${answer.status}`);
  if (saysDown(answer.text)) throw unhealthy(agent, path, 'it says that it is down');
}

function unhealthy(agent: Agent, path: string, cause: string, error?: unknown): CodedError {
  return new CodedError(
    'REVIEWER_UNAVAILABLE',
    `${TEXT.agentUnhealthy} at ${agent.url}${path}: ${cause}; check that the agent is running`,
    { cause: error },
  );
}

function saysDown(text: string): boolean {
  try {
    const { status } = JSON.parse(text) as { status?: unknown };
    return typeof status === 'string' && /^(down|unhealthy)$/i.test(status);
  } catch {
    return false;
  }
}

/** The body of `POST /a2a/analyze`, as the agent's A2ARequest reads it; an absent field is left out. */
function analyzeRequest(request: ReviewRequest, { nonce, redact }: ReviewConfig) {
  const { namespace, rollout, stableSelector, canarySelector, podName, repoURL, baseBranch } = request;
  const context = {
    namespace,
    rolloutName: rollout,
    stableSelector,
    canarySelector,
    podName,
    extraPrompt: extraPromptOf(request, redact),
    repoUrl: repoURL,
    baseBranch,
  };
  return {
    userId: 'argo-rollouts',
    memoryId: `rollout:${namespace}${rollout === undefined ? '' : `/${rollout}`}`,
    prompt: agentPrompt(request, { nonce: nonce(), redact }),
    context,
  };
}

async function analyze(
  agent: Agent,
  body: object,
  reader: AnswerReader<AgentAnswer>,
  signal: AbortSignal,
  now: number,
): Promise<AgentAnswer> {
  const answer = await agent
    .request('/a2a/analyze', { method: 'POST', body, signal, maxBytes: MAX_ANSWER_BYTES })
    .catch((error: unknown) => {
      if (!isCoded(error) || error.code === 'ABORTED' || error.code === 'ORIGIN_FORBIDDEN') throw error;
      throw new CodedError(error.code, `${TEXT.agentFailed}: ${error.message}`, { cause: error });
    });
  if (answer.status !== 200) {
    const { error } = httpFailure(answer, `${TEXT.agentFailed} at ${agent.url}`, now);
    const hint = knownCause(answer.text);
    throw hint === undefined || error.code === 'REVIEWER_UNAUTHORIZED'
      ? error
      : new CodedError(error.code, `${error.message}: ${hint}`);
  }
  const read = reader(answer.text);
  if ('problem' in read) {
    throw new CodedError(
      'REVIEWER_MALFORMED',
      `${TEXT.agentFailed} at ${agent.url}: its answer is not valid: ${plainText(read.problem, 200)}`,
    );
  }
  if (isFailureInDisguise(read.answer)) {
    const hint = knownCause(answer.text);
    throw new CodedError(
      'REVIEWER_UNAVAILABLE',
      `${TEXT.agentFailed} at ${agent.url}: it reports that its own analysis failed${hint === undefined ? '' : `: ${hint}`}; check the agent's logs`,
    );
  }
  return read.answer;
}

/**
 * A kubernetes-agent whose models failed, or whose model's answer it could not read, says `promote: true` with
 * confidence 0, with HTTP 200 (its A2AController, "Safe default: promote on error"). That is no opinion.
 */
function isFailureInDisguise({ promote, confidence, modelResults }: AgentAnswer): boolean {
  const results = modelResults ?? [];
  return (
    (promote && confidence === 0) || (results.length > 0 && results.every(({ error }) => Boolean(error)))
  );
}

/** The documented name of what the agent's answer tells went wrong; nothing of the answer itself. */
function knownCause(body: string): string | undefined {
  if (/api[ _-]?key|authenticat|unauthorized|permission_denied/i.test(body)) {
    return `${TEXT.authentication}: check the API key in the agent's Secret`;
  }
  if (/fetch(ing)? (pod )?logs|pods\/log/i.test(body)) {
    return `${TEXT.fetchLogs}: check the RBAC permissions of the agent's ServiceAccount`;
  }
  return undefined;
}
