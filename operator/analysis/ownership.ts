import { apiVersionOf } from '../../crds/client/resource.ts';
import { isCoded } from '../../crds/errors.ts';
import { ROLLOUTS, type Subject } from '../evidence/index.ts';
import { logFields } from './analysis-log.ts';
import type { StepContext } from './resolve-step.ts';

/**
 * Makes the Rollout an owner of the analysis, so that it goes with the Rollout and not with the AnalysisRun, of which only
 * a handful are kept. Without the controller flag: the Rollout does not manage it. A failure is logged and forgotten; the
 * next process that takes up the analysis tries again.
 */
export async function ownByRollout(
  context: StepContext,
  rollout: NonNullable<Subject['rollout']>,
): Promise<void> {
  const { deps, analysis, signal } = context;
  const { namespace = '', name, uid = '', resourceVersion = '', ownerReferences = [] } = analysis.metadata;
  if (ownerReferences.some((owner) => owner.uid === rollout.uid)) return;
  const owner = {
    apiVersion: apiVersionOf(ROLLOUTS),
    kind: ROLLOUTS.kind,
    name: rollout.name,
    uid: rollout.uid,
  };
  try {
    context.analysis = await deps.analyses.patch(
      { namespace, name },
      { metadata: { uid, resourceVersion, ownerReferences: [...ownerReferences, owner] } },
      { signal },
    );
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    deps.logger.warn('the Rollout could not be made the owner', { ...logFields(analysis), error });
  }
}
