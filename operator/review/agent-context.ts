import type { ReviewRequest } from '../model.ts';
import { extraPromptOf } from './prompt.ts';

/** Where an agent looks for itself, beside the evidence that it is shown; the names are those of the kubernetes-agent. */
export interface AgentContext {
  readonly namespace: string;
  readonly rolloutName: string | undefined;
  readonly stableSelector: string | undefined;
  readonly canarySelector: string | undefined;
  readonly podName: string | undefined;
  /** The owner's own words, redacted. */
  readonly extraPrompt: string | undefined;
  readonly repoUrl: string | undefined;
  readonly baseBranch: string | undefined;
}

/** The context of a request; JSON leaves out what is undefined. */
export function agentContext(request: ReviewRequest, redact: (text: string) => string): AgentContext {
  const { namespace, rollout, stableSelector, canarySelector, podName, repoURL, baseBranch } = request;
  return {
    namespace,
    rolloutName: rollout,
    stableSelector,
    canarySelector,
    podName,
    extraPrompt: extraPromptOf(request, redact),
    repoUrl: repoURL,
    baseBranch,
  };
}
