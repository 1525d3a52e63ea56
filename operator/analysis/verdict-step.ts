import { decide } from '../judge/index.ts';
import type { ReviewOutcome } from '../model.ts';
import { CLOSED } from './closing.ts';
import { conclude } from './conclude.ts';
import type { Gathered } from './observe-step.ts';
import type { StepContext } from './resolve-step.ts';
import { type AgentSelectors, reviewedCondition, reviewFields, reviewStep } from './review-step.ts';
import { conditionOf, withCondition } from './status.ts';

/** The one write with the verdict. A review that comes `afterwards` stands as Pending in it. */
export async function verdictStep(
  context: StepContext,
  gathered: Gathered,
  outcome: ReviewOutcome,
  review: 'before' | 'afterwards',
): Promise<void> {
  const { deps, settings, signal } = context;
  const { assessed } = gathered;
  const decision = decide(assessed, outcome, settings.policy);
  const reviewed = review === 'before' ? reviewedCondition(context.analysis, outcome) : PENDING;
  context.analysis = await conclude(
    deps,
    context.analysis,
    decision,
    (status) => ({
      ...status,
      ...reviewFields(context.analysis, outcome, false),
      conditions: withCondition(status.conditions, reviewed, deps.clock.now(), undefined),
    }),
    signal,
  );
}

const PENDING = {
  type: 'Reviewed',
  status: 'Unknown',
  reason: 'Pending',
  message: 'The verdict did not wait for a reviewer; the opinion follows and changes nothing.',
} as const;

/** Asks for the opinion that a verdict did not wait for, and writes it as advisory. */
export async function adviseStep(
  context: StepContext,
  gathered: Gathered,
  selectors: AgentSelectors,
): Promise<void> {
  const { deps, signal } = context;
  const { reason = '' } = context.analysis.status ?? {};
  if (CLOSED.has(reason) || conditionOf(context.analysis.status, 'Reviewed')?.reason !== 'Pending') return;
  const outcome = await reviewStep(context, gathered, selectors, undefined);
  const condition = reviewedCondition(context.analysis, outcome);
  context.analysis = await deps.writer.update(
    context.analysis,
    ({ status = {}, metadata }) =>
      conditionOf(status, 'Reviewed')?.reason !== 'Pending'
        ? undefined
        : {
            ...status,
            ...reviewFields(context.analysis, outcome, true),
            conditions: withCondition(status.conditions, condition, deps.clock.now(), metadata.generation),
          },
    signal,
  );
}
