import { randomBytes } from 'node:crypto';
import { systemClock } from '../../crds/client/clock.ts';
import type { Opinion } from '../../crds/v1alpha1/status.ts';
import { type Judged, judgeBundle } from '../../operator/cli/judge.ts';
import { checkCitations, decide } from '../../operator/judge/index.ts';
import { silentLogger } from '../../operator/kernel/logger.ts';
import type { Decision, EffectivePolicy } from '../../operator/model.ts';
import { createRedactor } from '../../operator/redact/index.ts';
import { askReviewers, createReviewer, type ReviewConfig } from '../../operator/review/index.ts';
import { agentPrompt } from '../../operator/review/prompt.ts';
import { type Files, memoryFolder } from '../eval/memory-folder.ts';
import type { Answering } from '../eval/review/doubles.ts';
import { type Prompt, readPrompt } from '../eval/review/prompt.ts';
import { sentTo, startGeminiDouble } from '../lab/doubles/gemini.ts';

const KEY = 'a-key-of-the-double';

/** The policy that forgives most: whatever promotes at all promotes under it. */
const POLICY: EffectivePolicy = {
  onReviewerUnavailable: 'UseFindings',
  onInsufficientEvidence: 'Inconclusive',
  onSuspicion: 'Inconclusive',
  onNoBaseline: 'Inconclusive',
  minConfidence: 0,
};

/** What came of one bundle and one model. */
export interface Reviewed {
  readonly prompt: Prompt;
  /** With its citations checked. */
  readonly opinion: Opinion;
  readonly decision: Decision;
}

/** A Gemini on a socket of its own, asked by the operator's own code. */
export interface Model {
  review(judged: Judged): Promise<Reviewed>;
  close(): Promise<void>;
}

/** What the findings alone say of a bundle. */
export function judge(name: string, files: Files): Promise<Judged> {
  return judgeBundle(memoryFolder(name, files), {
    policy: POLICY,
    now: () => 0,
    inlineBytes: Number.POSITIVE_INFINITY,
  });
}

/** What a kubernetes-agent would be sent about a bundle. */
export function agentPromptOf({ assessed, distilled, evidence }: Judged): Prompt {
  const nonce = randomBytes(12).toString('hex');
  const request = { namespace: 'shop', rollout: 'shop', assessed, distilled, evidence };
  return readPrompt(
    { system: '', user: agentPrompt(request, { nonce, redact: createRedactor().redact }).text },
    nonce,
  );
}

/** Starts a model that answers so. */
export async function startModel(answering: Answering): Promise<Model> {
  const gemini = await startGeminiDouble({ key: KEY });
  const redactor = createRedactor();
  return {
    close: () => gemini.close(),
    async review(judged) {
      const nonce = randomBytes(12).toString('hex');
      let seen: Prompt | undefined;
      gemini.replies.always((request) => {
        seen = readPrompt(sentTo(request), nonce);
        return { opinion: answering(seen) };
      });
      const config: ReviewConfig = {
        gemini: { baseURL: gemini.url },
        credentials: [{ origin: gemini.url, secret: KEY }],
        redact: (text) => redactor.redact(text),
        clock: systemClock,
        random: () => 0,
        nonce: () => nonce,
        logger: silentLogger,
      };
      const { assessed, distilled, evidence } = judged;
      const outcome = await askReviewers(
        [createReviewer({ gemini: {} }, config)],
        { namespace: 'shop', rollout: 'shop', assessed, distilled, evidence },
        { signal: AbortSignal.timeout(20_000), clock: systemClock, logger: silentLogger },
      );
      if (outcome.kind !== 'opinion' || seen === undefined)
        throw new Error(`${judged.bundle}: the model was not heard: ${JSON.stringify(outcome)}`);
      const opinion = checkCitations(outcome.opinion, assessed, distilled);
      return { prompt: seen, opinion, decision: decide(assessed, { ...outcome, opinion }, POLICY) };
    },
  };
}
