import { LABEL_POD_TEMPLATE_HASH } from '../../crds/v1alpha1/labels.ts';
import type { Side } from '../model.ts';
import type { PodObject } from '../pods/pod-object.ts';
import type { Cluster } from './cluster.ts';
import { unreadable } from './gather-subject.ts';
import type { ReplicaSetObject } from './objects.ts';
import { checkSides, type SideObjects, selectSide } from './side-pods.ts';
import type { PodScope, Subject } from './subjects.ts';

/**
 * The ReplicaSets and pods of both sides as they are now.
 * @throws CodedError `EVIDENCE_UNREADABLE`; and as {@link checkSides}.
 */
export async function listSides(
  cluster: Cluster,
  namespace: string,
  subject: Subject,
  signal?: AbortSignal,
): Promise<Record<Side, SideObjects>> {
  try {
    const [stable, canary] = await Promise.all([
      listSide(cluster, namespace, subject.stable, signal),
      listSide(cluster, namespace, subject.canary, signal),
    ]);
    const sides = { stable, canary };
    checkSides(subject, sides);
    return sides;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw code.startsWith('API_') ? unreadable(error) : error;
  }
}

async function listSide(
  cluster: Cluster,
  namespace: string,
  scope: PodScope,
  signal: AbortSignal | undefined,
): Promise<SideObjects> {
  const select = { namespace, ...(signal === undefined ? {} : { signal }) };
  if (scope.kind === 'selector') {
    const pods = await cluster.pods.listAll({ ...select, labelSelector: scope.selector });
    const replicaSets = await cluster.replicaSets.listAll(select);
    return selectSide(scope, replicaSets.items, pods.items);
  }
  const labelSelector = scope.kind === 'revision' ? `${LABEL_POD_TEMPLATE_HASH}=${scope.hash}` : undefined;
  const replicaSets = await cluster.replicaSets.listAll({
    ...select,
    ...(labelSelector === undefined ? {} : { labelSelector }),
  });
  const mine = selectSide(scope, replicaSets.items, []).replicaSets;
  return selectSide(scope, mine, await podsOf(cluster, select, mine));
}

/** An Experiment's ReplicaSets carry hashes of their own, so the pods are listed by the hashes the sets have. */
async function podsOf(
  cluster: Cluster,
  select: { namespace: string; signal?: AbortSignal },
  replicaSets: readonly ReplicaSetObject[],
): Promise<readonly PodObject[]> {
  const hashes = new Set(replicaSets.flatMap((set) => set.metadata.labels?.[LABEL_POD_TEMPLATE_HASH] ?? []));
  if (hashes.size === 0) return [];
  const labelSelector = `${LABEL_POD_TEMPLATE_HASH} in (${[...hashes].sort().join(',')})`;
  return (await cluster.pods.listAll({ ...select, labelSelector })).items;
}
