import { systemClock } from '../../../crds/client/clock.ts';
import type { Opinion, Verdict } from '../../../crds/v1alpha1/status.ts';
import { judgeBundle } from '../../../operator/cli/judge.ts';
import { BUILT_IN_POLICY, checkCitations, decide } from '../../../operator/judge/index.ts';
import { silentLogger } from '../../../operator/kernel/logger.ts';
import type { ReviewRequest } from '../../../operator/model.ts';
import { askReviewers } from '../../../operator/review/index.ts';
import { agentPrompt, modelPrompt } from '../../../operator/review/prompt.ts';
import { estimateTokens } from '../../../operator/review/tokens.ts';
import type { Case } from '../case.ts';
import { readPrompt } from './prompt.ts';
import type { Asked, Kind } from './reviewer.ts';

/** What a reviewer made of one case. */
export interface ReviewedCase {
  readonly name: string;
  readonly class: string;
  readonly expected: readonly Verdict[];
  readonly assessment: string;
  /** By the findings alone, and with the reviewer. */
  readonly alone: Verdict;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Tokens as we estimate them, on the safe side: of the evidence, and of all that is sent. */
  readonly evidenceTokens: number;
  readonly promptTokens: number;
  /** As the reviewer counted what was sent, repairs included; absent for doubles, which do not count. */
  readonly countedTokens?: number;
  readonly citations: number;
  readonly validCitations: number;
  readonly opinion?: Opinion['verdict'];
  /** Why there is none. */
  readonly failure?: string;
  readonly ms: number;
}

/** Judges a case as a CanaryAnalysis with this reviewer would be, under the built-in policy. */
export async function evaluateReview(
  each: Case,
  kind: Kind,
  { reviewer, config, isReal }: Asked,
): Promise<ReviewedCase> {
  const judged = await judgeBundle(each.bundle, {
    policy: BUILT_IN_POLICY,
    now: () => performance.now(),
    inlineBytes: Number.POSITIVE_INFINITY,
    ...(each.look === undefined ? {} : { look: each.look }),
  });
  const { assessed, distilled, evidence, decision } = judged;
  const request: ReviewRequest = { namespace: 'shop', rollout: 'shop', assessed, distilled, evidence };
  const began = performance.now();
  const asked = await askReviewers([reviewer], request, {
    signal: new AbortController().signal,
    clock: systemClock,
    logger: silentLogger,
  });
  const ms = performance.now() - began;
  const opinion = asked.kind === 'opinion' ? checkCitations(asked.opinion, assessed, distilled) : undefined;
  const { verdict, reason } = decide(
    assessed,
    asked.kind === 'opinion' && opinion !== undefined ? { ...asked, opinion } : asked,
    BUILT_IN_POLICY,
  );
  const citations = opinion?.citations ?? [];
  return {
    name: each.name,
    class: each.class,
    expected: each.expected,
    assessment: assessed.assessment,
    alone: decision.verdict,
    verdict,
    reason,
    ...sizes(kind, request, config.redact),
    ...(isReal && opinion?.inputTokens !== undefined ? { countedTokens: opinion.inputTokens } : {}),
    citations: citations.length,
    validCitations: citations.filter(({ checks }) => checks).length,
    ...(opinion === undefined ? {} : { opinion: opinion.verdict }),
    ...(asked.kind === 'unavailable'
      ? { failure: asked.causes.map(({ message }) => message).join('; ') }
      : {}),
    ms,
  };
}

function sizes(kind: Kind, request: ReviewRequest, redact: (text: string) => string) {
  const options = { nonce: '0123456789abcdef01234567', redact };
  const sent =
    kind === 'a2a' ? { system: '', user: agentPrompt(request, options).text } : modelPrompt(request, options);
  return {
    evidenceTokens: estimateTokens(readPrompt(sent, options.nonce).fenced),
    promptTokens: estimateTokens(`${sent.system}\n${sent.user}`),
  };
}
