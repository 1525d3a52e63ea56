import { CodedError } from '../../crds/errors.ts';
import { AnsweredError } from './answered.ts';
import type { HttpAnswer } from './http.ts';
import { httpFailure } from './http-failure.ts';
import { TEXT } from './messages.ts';
import type { AgentAnswer } from './opinion-schema.ts';
import type { FailedAttempt } from './retry.ts';

/** What an agent's answer other than success means: documented causes are named, nothing else of the body is. */
export function agentRefusal(answer: HttpAnswer, url: string, now: number): FailedAttempt {
  const failure = httpFailure(answer, `${TEXT.agentFailed} at ${url}`, now);
  const hint = knownCause(answer.text);
  const { error } = failure;
  if (hint === undefined || error.code === 'REVIEWER_UNAUTHORIZED') return failure;
  const message = `${error.message}: ${hint}`;
  const told =
    error instanceof AnsweredError ? new AnsweredError(message) : new CodedError(error.code, message);
  return { ...failure, error: told };
}

/** The error of an agent that answers, but only that its own analysis failed. */
export function ownFailure(url: string, text: string): CodedError {
  const hint = knownCause(text);
  return new AnsweredError(
    `${TEXT.agentFailed} at ${url}: it reports that its own analysis failed${hint === undefined ? '' : `: ${hint}`}; check the agent's logs`,
  );
}

/**
 * A kubernetes-agent whose models failed, or whose model's answer it could not read, says `promote: true` with
 * confidence 0, with HTTP 200 (its A2AController, "Safe default: promote on error"). That is no opinion.
 */
export function isFailureInDisguise({
  promote,
  confidence,
  modelResults,
}: Pick<AgentAnswer, 'promote' | 'confidence' | 'modelResults'>): boolean {
  const results = modelResults ?? [];
  return (
    (promote && confidence === 0) || (results.length > 0 && results.every(({ error }) => Boolean(error)))
  );
}

/** The documented name of what the agent's answer tells went wrong; nothing of the answer itself. */
export function knownCause(body: string): string | undefined {
  if (/api[ _-]?key|authenticat|unauthorized|permission_denied/i.test(body)) {
    return `${TEXT.authentication}: check the API key in the agent's Secret`;
  }
  if (/fetch(ing)? (pod )?logs|pods\/log/i.test(body)) {
    return `${TEXT.fetchLogs}: check the RBAC permissions of the agent's ServiceAccount`;
  }
  return undefined;
}
