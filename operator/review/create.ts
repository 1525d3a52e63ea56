import { CodedError } from '../../crds/errors.ts';
import type { Reviewer as ReviewerSpec } from '../../crds/v1alpha1/spec.ts';
import { agentReviewer } from './agent-reviewer.ts';
import { geminiReviewer } from './gemini.ts';
import { openAIReviewer } from './openai.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';

/** How long a reviewer may take when the spec does not say, seconds. */
const TIMEOUT_SECONDS = 120;

/**
 * The reviewer that one entry of `spec.reviewers` asks for; it may take `timeoutSeconds`, 120 when unset.
 * Never throws: what is wrong with the entry is what `review` fails with, so that the next reviewer is asked.
 */
export function createReviewer(spec: ReviewerSpec, config: ReviewConfig): Reviewer {
  const timeoutMs = (spec.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000;
  const kinds = [spec.gemini, spec.openAI, spec.a2a].filter((kind) => kind !== undefined);
  if (kinds.length === 1) {
    if (spec.gemini !== undefined) return geminiReviewer(spec.gemini, timeoutMs, config);
    if (spec.openAI !== undefined) return openAIReviewer(spec.openAI, timeoutMs, config);
    if (spec.a2a !== undefined) return agentReviewer(spec.a2a, timeoutMs, config);
  }
  return failing('unknown', 'a reviewer must have exactly one of gemini, openAI and a2a');
}

function failing(name: string, message: string): Reviewer {
  return {
    name,
    ownEvidence: false,
    review: () => Promise.reject(new CodedError('CONFIG_INVALID', message)),
  };
}
