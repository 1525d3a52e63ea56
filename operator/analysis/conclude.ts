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
  deps: Pick<Deps, 'writer' | 'clock' | 'recorder' | 'metrics' | 'logger'>,
  analysis: CanaryAnalysis,
  decision: Decision,
  extend: (status: CanaryAnalysisStatus) => CanaryAnalysisStatus = (status) => status,
  signal?: AbortSignal,
): Promise<CanaryAnalysis> {
  let ours = false;
  let sent: CanaryAnalysisStatus | undefined;
  const decide = (fresh: CanaryAnalysis): CanaryAnalysisStatus | undefined => {
    const before = fresh.status ?? {};
    ours = before.verdict === undefined || isSame(before, sent);
    if (before.verdict !== undefined) return undefined;
    const cancelled = fresh.spec.cancelled === true;
    const now = deps.clock.now();
    const { generation } = fresh.metadata;
    sent = cancelled
      ? verdictFields(CANCELLED, before, now, generation)
      : verdictFields(decision, extend(before), now, generation);
    return sent;
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
    deps.metrics.verdict(verdict, reason, durationSeconds ?? 0);
    const fields = { verdict, reason, confidence, durationSeconds, detail: message };
    deps.logger.info('verdict reached', { ...logFields(stored), ...fields });
    if (verdict === 'Abort' && stored.spec.gitHub === undefined) {
      deps.logger.info(SKIPPING_ISSUE, logFields(stored));
    }
  }
  return stored;
}

/** Whether the verdict that stands is the one that was sent: its write took effect, and the answer was lost. */
function isSame(stored: CanaryAnalysisStatus, sent: CanaryAnalysisStatus | undefined): boolean {
  return sent !== undefined && stored.completionTime === sent.completionTime && stored.reason === sent.reason;
}
