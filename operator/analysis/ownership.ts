import { apiVersionOf } from '../../crds/client/resource.ts';
import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { ROLLOUTS, type Subject } from '../evidence/index.ts';
import { logFields } from './analysis-log.ts';
import type { Deps } from './deps.ts';
import type { StepContext } from './resolve-step.ts';

type Owning = Pick<Deps, 'analyses' | 'logger'>;
/** What an owner reference says of a Rollout. */
type Owner = Pick<NonNullable<Subject['rollout']>, 'name' | 'uid'>;

/**
 * Makes the Rollout an owner of the analysis, so that it goes with the Rollout and not with the AnalysisRun, of which only
 * a handful are kept. Without the controller flag: the Rollout does not manage it. A failure is logged and forgotten; the
 * next process that takes up the analysis tries again.
 */
export async function ownByRollout(context: StepContext, rollout: Owner): Promise<void> {
  const { deps, analysis, signal } = context;
  context.analysis = await own(deps, analysis, rollout, signal);
}

/**
 * The same for an analysis that ends before it was taken up: the Rollout that its spec names, if there is one. A failure is
 * logged and forgotten, for the end may not wait for it.
 */
export async function ownUnowned(
  deps: Owning & { readonly cluster: Pick<Deps['cluster'], 'rollouts'> },
  analysis: CanaryAnalysis,
  signal: AbortSignal,
): Promise<CanaryAnalysis> {
  const { namespace = '', ownerReferences = [] } = analysis.metadata;
  const name = analysis.spec.rolloutRef?.name;
  if (name === undefined || ownerReferences.length > 0) return analysis;
  try {
    const rollout = await deps.cluster.rollouts.get({ namespace, name }, { signal });
    const ref = { namespace, name: analysis.metadata.name };
    const fresh = await deps.analyses.get(ref, { signal });
    if (fresh.metadata.uid !== analysis.metadata.uid) return analysis;
    return await own(deps, fresh, { name, uid: rollout.metadata.uid ?? '' }, signal);
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    if (!isCoded(error, 'API_NOT_FOUND')) warn(deps, analysis, error);
    return analysis;
  }
}

async function own(
  deps: Owning,
  analysis: CanaryAnalysis,
  rollout: Owner,
  signal: AbortSignal,
): Promise<CanaryAnalysis> {
  const { namespace = '', name, uid = '', resourceVersion = '', ownerReferences = [] } = analysis.metadata;
  if (ownerReferences.some((owner) => owner.uid === rollout.uid)) return analysis;
  const owner = {
    apiVersion: apiVersionOf(ROLLOUTS),
    kind: ROLLOUTS.kind,
    name: rollout.name,
    uid: rollout.uid,
  };
  try {
    return await deps.analyses.patch(
      { namespace, name },
      { metadata: { uid, resourceVersion, ownerReferences: [...ownerReferences, owner] } },
      { signal },
    );
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    warn(deps, analysis, error);
    return analysis;
  }
}

function warn({ logger }: Owning, analysis: CanaryAnalysis, error: unknown): void {
  logger.warn('the Rollout could not be made the owner', { ...logFields(analysis), error });
}
