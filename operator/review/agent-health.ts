import { CodedError, isCoded } from '../../crds/errors.ts';
import type { Agent } from './agent.ts';
import { look } from './agent-look.ts';
import type { HttpAnswer } from './http.ts';
import { TEXT } from './messages.ts';
import type { RetryOptions } from './retry.ts';

const MAX_HEALTH_BYTES = 64 * 1024;

/** `healthy` as an endpoint says, or `unknown` where there is none: what else is there has to tell. */
export type AgentHealth = 'healthy' | 'unknown';

/**
 * Asks `/a2a/health`, and `/q/health` (Quarkus) where that does not exist. Any 5xx, a redirect and a status of DOWN is
 * unhealthy.
 * @throws CodedError `REVIEWER_UNAVAILABLE` with the documented text when it is not healthy; `ABORTED`, `ORIGIN_FORBIDDEN`.
 */
export async function checkHealth(agent: Agent, options: RetryOptions): Promise<AgentHealth> {
  for (const path of ['/a2a/health', '/q/health']) {
    const answer = await told(agent, path, options);
    if (answer.status >= 400 && answer.status < 500) continue;
    if (answer.status < 200 || answer.status >= 300) throw unhealthy(agent, path, `HTTP ${answer.status}`);
    if (saysDown(answer.text)) throw unhealthy(agent, path, 'it says that it is down');
    return 'healthy';
  }
  return 'unknown';
}

/** The error of an agent that is not healthy; the text is the one that users of the older plugins search for. */
export function unhealthy(agent: Agent, path: string, cause: string, error?: unknown): CodedError {
  return new CodedError(
    'REVIEWER_UNAVAILABLE',
    `${TEXT.agentUnhealthy} at ${agent.url}${path}: ${cause}; check that the agent is running`,
    { cause: error },
  );
}

async function told(agent: Agent, path: string, options: RetryOptions): Promise<HttpAnswer> {
  try {
    return await look(agent, path, MAX_HEALTH_BYTES, options);
  } catch (error) {
    if (isCoded(error, 'ABORTED') || isCoded(error, 'ORIGIN_FORBIDDEN')) throw error;
    throw unhealthy(agent, path, isCoded(error) ? error.message : 'no answer', error);
  }
}

function saysDown(text: string): boolean {
  try {
    const { status } = JSON.parse(text) as { status?: unknown };
    return typeof status === 'string' && /^(down|unhealthy)$/i.test(status);
  } catch {
    return false;
  }
}
