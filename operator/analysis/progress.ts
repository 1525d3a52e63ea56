import { CodedError } from '../../crds/errors.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import type { Instant } from '../model.ts';
import type { StepContext } from './resolve-step.ts';

/** What a step adds to the status. */
export type Progress = (
  status: CanaryAnalysisStatus,
  now: Instant,
  generation: number | undefined,
) => CanaryAnalysisStatus;

/**
 * Writes what a step has come to before the next one begins.
 * @throws CodedError `ABORTED` when the analysis was closed or cancelled meanwhile.
 */
export async function progress(context: StepContext, change: Progress): Promise<void> {
  const { deps, signal } = context;
  context.analysis = await deps.writer.update(
    context.analysis,
    (fresh) => {
      if (fresh.status?.verdict !== undefined || fresh.spec.cancelled === true) {
        throw new CodedError('ABORTED', 'the analysis was closed meanwhile');
      }
      return change(fresh.status ?? {}, deps.clock.now(), fresh.metadata.generation);
    },
    signal,
  );
}
