import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import { SKIPPING_ISSUE } from '../github/index.ts';
import type { Decision } from '../model.ts';
import { logFields, objectReference } from './analysis-log.ts';
import { closing } from './closing.ts';
import type { Deps } from './deps.ts';
import { hearOut } from './hear-out.ts';
import { verdictFields } from './status.ts';

/** The verdict of whoever cancelled first. */
export const CANCELLED: Decision = closing(
  'Cancelled',
  'The analysis was cancelled before it had a verdict.',
);

/** The watch shows a verdict, and that ends the task, often before the answer to the write comes: so long it may come still. */
const HEAR_OUT_MS = 2_000;

/**
 * Writes the verdict, with what else belongs to it, in one write. A verdict that stands stays; an analysis that was
 * cancelled meanwhile becomes Cancelled. Returns the object as stored.
 */
export async function conclude(
  deps: Pick<Deps, 'writer' | 'clock' | 'recorder' | 'logger'>,
  analysis: CanaryAnalysis,
  decision: Decision,
  extend: (status: CanaryAnalysisStatus) => CanaryAnalysisStatus = (status) => status,
  signal?: AbortSignal,
): Promise<CanaryAnalysis> {
  let ours = false;
  const decide = (fresh: CanaryAnalysis): CanaryAnalysisStatus | undefined => {
    ours = fresh.status?.verdict === undefined;
    if (!ours) return undefined;
    const cancelled = fresh.spec.cancelled === true;
    const before = fresh.status ?? {};
    const now = deps.clock.now();
    const { generation } = fresh.metadata;
    return cancelled
      ? verdictFields(CANCELLED, before, now, generation)
      : verdictFields(decision, extend(before), now, generation);
  };
  const stored = await hearOut((until) => deps.writer.update(analysis, decide, until), {
    clock: deps.clock,
    ms: HEAR_OUT_MS,
    signal,
  });
  const { verdict, reason = '', message = '', confidence, durationSeconds } = stored.status ?? {};
  if (ours && verdict !== undefined) {
    const type = verdict === 'Promote' ? 'Normal' : 'Warning';
    deps.recorder.record(objectReference(stored), type, reason, message);
    const fields = { verdict, reason, confidence, durationSeconds, detail: message };
    deps.logger.info('verdict reached', { ...logFields(stored), ...fields });
    if (verdict === 'Abort' && stored.spec.gitHub === undefined) {
      deps.logger.info(SKIPPING_ISSUE, logFields(stored));
    }
  }
  return stored;
}
