import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { gatherSubject, type Subject } from '../evidence/index.ts';
import type { Instant } from '../model.ts';
import type { Deadlines } from './deadlines.ts';
import type { Deps } from './deps.ts';
import { Decided, failureDecision, reasonOf } from './failure.ts';
import { progress } from './progress.ts';
import type { Settings } from './settings.ts';
import { withCondition } from './status.ts';

/** What the retried steps of one analysis share. */
export interface StepContext {
  readonly deps: Deps;
  readonly settings: Settings;
  readonly start: Instant;
  readonly deadlines: Deadlines;
  readonly signal: AbortSignal;
  /** The object as last stored; every write replaces it. */
  analysis: CanaryAnalysis;
}

const MAX_PAUSE_MS = 5000;
const MIN_SELECTOR_MS = 10_000;

/**
 * Does something that reads the cluster until it succeeds or trying again is over; meanwhile the condition says what is
 * wrong.
 * @throws Decided with the verdict that the last failure means.
 */
export async function untilReadable<R>(context: StepContext, action: () => Promise<R>): Promise<R> {
  const { deps, signal } = context;
  let told: string | undefined;
  for (let pause = 500; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    try {
      return await action();
    } catch (error) {
      if (isCoded(error, 'ABORTED')) throw error;
      const left = giveUpAt(error, context) - deps.clock.now();
      if (left <= 0) throw new Decided(failureDecision(error, deps.redact));
      const { message } = failureDecision(error, deps.redact);
      if (message !== told) {
        told = message;
        deps.logger.warn('evidence cannot be read yet', { analysis: context.analysis.metadata.name, error });
        await progress(context, (status, now, generation) => ({
          ...status,
          conditions: withCondition(
            status.conditions,
            { type: 'EvidenceCollected', status: 'False', reason: reasonOf(error), message },
            now,
            generation,
          ),
        }));
      }
      await deps.clock.sleep(Math.min(pause, left), signal);
    }
  }
}

/** Which pods to compare, as of now; hashes that the status holds already stay. */
export function resolveStep(context: StepContext): Promise<Subject> {
  const { deps, signal } = context;
  return untilReadable(context, () => {
    const { metadata, spec, status } = context.analysis;
    const resolved = {
      ...(status?.stableHash === undefined ? {} : { stableHash: status.stableHash }),
      ...(status?.canaryHash === undefined ? {} : { canaryHash: status.canaryHash }),
    };
    return gatherSubject(deps.cluster, { namespace: metadata.namespace ?? '', spec, resolved }, signal);
  });
}

/**
 * How long a failure may still repair itself. A selector cannot; a Rollout's status lags behind its AnalysisRun by
 * moments; labels lag behind pods, so an empty selector gets the time of the observation; anything else gets it all.
 */
function giveUpAt(error: unknown, context: StepContext): Instant {
  const { start, deadlines, settings, deps } = context;
  if (isCoded(error, 'SELECTOR_INVALID')) return start;
  if (isCoded(error, 'SUPERSEDED') || isCoded(error, 'SAME_REVISION')) return start + deps.timings.settleMs;
  if (isCoded(error, 'SELECTOR_EMPTY')) {
    return Math.min(start + Math.max(settings.waitMs, MIN_SELECTOR_MS), deadlines.readable);
  }
  return deadlines.readable;
}
