import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Subject } from '../evidence/index.ts';
import { logFields } from './analysis-log.ts';
import { deadlinesOf } from './deadlines.ts';
import type { Deps } from './deps.ts';
import { ownByRollout } from './ownership.ts';
import { progress } from './progress.ts';
import { resolveStep, type StepContext } from './resolve-step.ts';
import { configWarnings } from './review-step.ts';
import { effectiveOf, type Settings } from './settings.ts';
import { lookOf } from './siblings.ts';
import { timestamp, withCondition } from './status.ts';

/** Takes up an analysis: writes when it started and what it goes by, once. */
export async function beginStep(
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

/** Resolves what is compared, writes it, and makes the Rollout the owner. */
export async function subjectStep(context: StepContext): Promise<Subject> {
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
