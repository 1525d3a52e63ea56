import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { gatherSubject, type Subject } from '../evidence/index.ts';
import { assess, decide } from '../judge/index.ts';
import type { Decision, ReviewOutcome } from '../model.ts';
import { logFields } from './analysis-log.ts';
import { CLOSED } from './closing.ts';
import { conclude } from './conclude.ts';
import { deadlinesOf } from './deadlines.ts';
import type { Deps } from './deps.ts';
import { loadEvidence, storeEvidence } from './evidence-store.ts';
import { Decided, failureDecision } from './failure.ts';
import { type Gathered, observeStep } from './observe-step.ts';
import { ownByRollout } from './ownership.ts';
import { progress } from './progress.ts';
import { resolveStep, type StepContext } from './resolve-step.ts';
import {
  agentSelectors,
  configWarnings,
  reviewedCondition,
  reviewFields,
  reviewStep,
} from './review-step.ts';
import { effectiveOf, type Settings } from './settings.ts';
import { type Look, lookOf } from './siblings.ts';
import { conditionOf, coverageOf, publicFindings, timestamp, withCondition } from './status.ts';

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
  const context = await begin(deps, analysis, settings, signal);
  try {
    const subject = await resolved(context);
    const gathered = (await resumed(context)) ?? (await collected(context, subject));
    const selectors = agentSelectors(context.analysis, subject.rollout?.selector);
    if (gathered.assessed.assessment === 'Blocking' && settings.reviewers.length > 0) {
      await verdict(context, gathered, { kind: 'notConfigured' }, 'afterwards');
      await advise(context, gathered, selectors);
      return;
    }
    const budgetMs = Math.max(0, context.deadlines.reviewed - deps.clock.now());
    const outcome = await reviewStep(context, gathered, selectors, budgetMs);
    await verdict(context, gathered, outcome, 'before');
  } catch (error) {
    if (!(error instanceof Decided)) throw error;
    context.analysis = await conclude(deps, context.analysis, error.decision, undefined, signal);
  }
}

/** The opinion on an analysis that is decided already, after a restart: from the stored evidence alone. */
export async function adviseTask(
  deps: Deps,
  analysis: CanaryAnalysis,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const start = deps.clock.now();
  const deadlines = deadlinesOf(analysis, settings, start);
  const context: StepContext = { deps, settings, start, deadlines, signal, analysis };
  const stored = await loadEvidence(deps, analysis, signal);
  if (stored === undefined) {
    await endAdvice(deps, analysis, 'EvidenceGone', 'The evidence to review is no longer stored.', signal);
    return;
  }
  const { minPower } = settings;
  const assessed = assess({ ...stored, minPower, look: analysis.status?.look ?? 1 });
  await advise(context, { ...stored, assessed }, agentSelectors(analysis, undefined));
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

async function begin(
  deps: Deps,
  analysis: CanaryAnalysis,
  settings: Settings,
  signal: AbortSignal,
): Promise<StepContext> {
  const now = deps.clock.now();
  const start = Date.parse(analysis.status?.startTime ?? '') || now;
  const deadlines = deadlinesOf(analysis, settings, start);
  const context: StepContext = { deps, settings, start, deadlines, signal, analysis };
  if (analysis.status?.startTime !== undefined) {
    deps.logger.info('analysis resumed', logFields(analysis));
    return context;
  }
  const names = settings.reviewers.map((spec) => deps.createReviewer(spec).name);
  await progress(context, (status, at, generation) => ({
    ...status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    startTime: timestamp(start),
    effective: effectiveOf(settings, names),
    conditions: withCondition(
      withCondition(
        status.conditions,
        {
          type: 'EvidenceCollected',
          status: 'False',
          reason: 'Observing',
          message: 'The pods are being watched.',
        },
        at,
        generation,
      ),
      { type: 'Complete', status: 'False', reason: 'InProgress', message: 'There is no verdict yet.' },
      at,
      generation,
    ),
  }));
  deps.logger.info('analysis started', { ...logFields(analysis), reviewers: names });
  for (const warning of configWarnings(analysis)) {
    deps.logger.warn('configuration warning', { ...logFields(analysis), warning });
  }
  return context;
}

async function resolved(context: StepContext): Promise<Subject> {
  const { deps } = context;
  const subject = await resolveStep(context);
  const { rollout, stableHash, canaryHash } = subject;
  const { namespace = '' } = context.analysis.metadata;
  const { look } = lookOf(
    context.analysis,
    {
      ...(rollout === undefined ? {} : { rollout: rollout.name }),
      ...(canaryHash === undefined ? {} : { canaryHash }),
    },
    deps.siblings(namespace),
  );
  await progress(context, (status) => ({
    ...status,
    ...(rollout === undefined ? {} : { rollout: rollout.name }),
    ...(stableHash === undefined ? {} : { stableHash }),
    ...(canaryHash === undefined ? {} : { canaryHash }),
    look: status.look ?? look,
  }));
  if (rollout !== undefined) await ownByRollout(context, rollout);
  return subject;
}

/** The evidence that an earlier process stored, when it came as far. */
async function resumed(context: StepContext): Promise<Gathered | undefined> {
  const { deps, settings, analysis, signal } = context;
  if (conditionOf(analysis.status, 'EvidenceCollected')?.status !== 'True') return undefined;
  const stored = await loadEvidence(deps, analysis, signal).catch((error: unknown) => {
    if (isCoded(error, 'ABORTED')) throw error;
    deps.logger.warn('stored evidence cannot be used, collecting again', { ...logFields(analysis), error });
    return undefined;
  });
  if (stored === undefined) return undefined;
  const assessed = assess({ ...stored, minPower: settings.minPower, look: analysis.status?.look ?? 1 });
  return { ...stored, assessed };
}

async function collected(context: StepContext, subject: Subject): Promise<Gathered> {
  const { deps, analysis, signal } = context;
  const gathered = await observeStep(context, subject, lookFor(context));
  await stillCurrent(context, subject);
  const { evidence, distilled, assessed } = gathered;
  const { findings, more } = publicFindings(assessed.findings);
  await progress(context, (status, now, generation) => ({
    ...status,
    window: {
      canaryStart: timestamp(evidence.canary.interval.from),
      stableStart: timestamp(evidence.stable.interval.from),
      end: timestamp(evidence.canary.interval.to),
    },
    coverage: coverageOf(evidence, distilled, assessed),
    assessment: assessed.assessment,
    findings,
    ...(more === 0 ? {} : { moreFindings: more }),
    conditions: withCondition(
      status.conditions,
      { type: 'EvidenceCollected', status: 'True', reason: 'Collected', message: assessed.message },
      now,
      generation,
    ),
  }));
  deps.logger.info('evidence collected', {
    ...logFields(analysis),
    assessment: assessed.assessment,
    findings: assessed.findings.length,
    power: assessed.power,
    read: evidence.read,
    gaps: evidence.gaps.length,
  });
  await stored(context, gathered, signal);
  return gathered;
}

function lookFor({ deps, analysis }: StepContext): Look {
  const { rollout, canaryHash, look } = analysis.status ?? {};
  const siblings = deps.siblings(analysis.metadata.namespace ?? '');
  const found = lookOf(
    analysis,
    { ...(rollout === undefined ? {} : { rollout }), ...(canaryHash === undefined ? {} : { canaryHash }) },
    siblings,
  );
  return { ...found, look: look ?? found.look };
}

/** A Rollout that moved on during the observation leaves nothing to decide; one that cannot be read now was readable before. */
async function stillCurrent(context: StepContext, subject: Subject): Promise<void> {
  if (subject.rollout === undefined) return;
  const { deps, analysis, signal } = context;
  const { metadata, spec } = analysis;
  const { stableHash, canaryHash } = subject;
  const resolved = {
    ...(stableHash === undefined ? {} : { stableHash }),
    ...(canaryHash === undefined ? {} : { canaryHash }),
  };
  try {
    await gatherSubject(deps.cluster, { namespace: metadata.namespace ?? '', spec, resolved }, signal);
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    if (isCoded(error, 'SUPERSEDED')) throw new Decided(failureDecision(error, deps.redact));
  }
}

async function stored(context: StepContext, gathered: Gathered, signal: AbortSignal): Promise<void> {
  const { deps, analysis } = context;
  try {
    const evidenceRef = await storeEvidence(deps, analysis, gathered, signal);
    const message = `Stored in ConfigMap ${evidenceRef.configMap} until ${evidenceRef.expires}.`;
    await progress(context, (status, now, generation) => ({
      ...status,
      evidenceRef,
      conditions: withCondition(
        status.conditions,
        { type: 'EvidenceStored', status: 'True', reason: 'Stored', message },
        now,
        generation,
      ),
    }));
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    const message = deps.redact(error instanceof Error ? error.message : String(error));
    deps.logger.warn('evidence not stored', { ...logFields(analysis), error });
    await progress(context, (status, now, generation) => ({
      ...status,
      conditions: withCondition(
        status.conditions,
        { type: 'EvidenceStored', status: 'False', reason: 'Refused', message },
        now,
        generation,
      ),
    }));
  }
}

/** The one write with the verdict. A review that comes `afterwards` stands as Pending in it. */
async function verdict(
  context: StepContext,
  gathered: Gathered,
  outcome: ReviewOutcome,
  review: 'before' | 'afterwards',
): Promise<void> {
  const { deps, settings, signal } = context;
  const { assessed } = gathered;
  const decision: Decision = decide(assessed, outcome, settings.policy);
  const reviewed = review === 'before' ? reviewedCondition(context.analysis, outcome) : PENDING;
  context.analysis = await conclude(
    deps,
    context.analysis,
    decision,
    (status) => ({
      ...status,
      ...reviewFields(outcome, false),
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

async function advise(
  context: StepContext,
  gathered: Gathered,
  selectors: ReturnType<typeof agentSelectors>,
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
            ...reviewFields(outcome, true),
            conditions: withCondition(status.conditions, condition, deps.clock.now(), metadata.generation),
          },
    signal,
  );
}
