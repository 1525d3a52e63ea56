import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { assess } from '../judge/index.ts';
import { beginStep, subjectStep } from './begin-step.ts';
import { collectStep } from './collect-step.ts';
import { conclude } from './conclude.ts';
import { deadlinesOf } from './deadlines.ts';
import type { Deps } from './deps.ts';
import { loadEvidence } from './evidence-store.ts';
import { Decided } from './failure.ts';
import type { StepContext } from './resolve-step.ts';
import { agentSelectors, reviewStep } from './review-step.ts';
import type { Settings } from './settings.ts';
import { clip, conditionOf, withCondition } from './status.ts';
import { adviseStep, verdictStep } from './verdict-step.ts';

/** The longest message of a condition, characters. */
const MAX_MESSAGE = 1024;

/**
 * Takes an analysis from wherever it stands to its verdict, and a Blocking one on to the opinion that comes after it. Each
 * finished step is in the status before the next begins, so that it can be taken up again after any of them.
 * @throws CodedError `ABORTED` when the signal fired or somebody else closed the analysis.
 */
export async function judgeTask(
  deps: Deps,
  analysis: CanaryAnalysis,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const context = await beginStep(deps, analysis, settings, signal);
  try {
    const subject = await subjectStep(context);
    const gathered = await collectStep(context, subject);
    const selectors = agentSelectors(context.analysis, subject.rollout?.selector);
    if (gathered.assessed.assessment === 'Blocking' && settings.reviewers.length > 0) {
      await verdictStep(context, gathered, { kind: 'notConfigured' }, 'afterwards');
      await adviseStep(context, gathered, selectors);
      return;
    }
    const budgetMs = Math.max(0, context.deadlines.reviewed - deps.clock.now());
    const outcome = await reviewStep(context, gathered, selectors, budgetMs);
    await verdictStep(context, gathered, outcome, 'before');
  } catch (error) {
    if (!(error instanceof Decided)) throw error;
    context.analysis = await conclude(deps, context.analysis, error.decision, undefined, signal);
  }
}

/**
 * The opinion on an analysis that is decided already, after a restart: from the stored evidence alone. Evidence that has
 * gone or does not decode ends the wait for it, and so does any other failure to read it once the deadline has passed.
 * @throws what kept the evidence from being read before the deadline.
 */
export async function adviseTask(
  deps: Deps,
  analysis: CanaryAnalysis,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const start = deps.clock.now();
  const deadlines = deadlinesOf(analysis, settings, start);
  const context: StepContext = { deps, settings, start, deadlines, signal, analysis };
  const stored = await loadEvidence(deps, analysis, signal).catch((error: unknown) => {
    const final = isCoded(error, 'BUNDLE_INVALID') || start >= deadlines.readable;
    if (isCoded(error, 'ABORTED') || !final) throw error;
    return { unreadable: deps.redact(error instanceof Error ? error.message : String(error)) };
  });
  if (stored === undefined) {
    await endAdvice(deps, analysis, 'EvidenceGone', 'The evidence to review is no longer stored.', signal);
    return;
  }
  if ('unreadable' in stored) {
    const message = clip(`The evidence to review cannot be read: ${stored.unreadable}`, MAX_MESSAGE);
    await endAdvice(deps, analysis, 'EvidenceUnreadable', message, signal);
    return;
  }
  const { minPower } = settings;
  const assessed = assess({ ...stored, minPower, look: analysis.status?.look ?? 1 });
  await adviseStep(context, { ...stored, assessed }, agentSelectors(analysis, undefined));
}

/** Ends the wait for an opinion that will not come. */
export async function endAdvice(
  deps: Pick<Deps, 'writer' | 'clock'>,
  analysis: CanaryAnalysis,
  reason: string,
  message: string,
  signal: AbortSignal,
): Promise<void> {
  await deps.writer.update(
    analysis,
    ({ status = {}, metadata }) =>
      conditionOf(status, 'Reviewed')?.reason !== 'Pending'
        ? undefined
        : {
            ...status,
            conditions: withCondition(
              status.conditions,
              { type: 'Reviewed', status: 'False', reason, message },
              deps.clock.now(),
              metadata.generation,
            ),
          },
    signal,
  );
}
