import { setTimeout as wait } from 'node:timers/promises';
import { Informer } from '../informer.ts';
import { isObject, type KubeObject } from '../kubernetes.ts';
import { LabApiError, type LabClient } from '../lab-client.ts';

const RETRY_MS = 50;

/**
 * Makes as many pods as each ReplicaSet wants, deletes what is too many (not ready and newest first), counts them in its
 * status, and binds every pod that has no node to a ready one: the ReplicaSet controller and the scheduler, no more.
 * Returns when the signal fires.
 */
export async function runReplicaSetController(client: LabClient, signal: AbortSignal): Promise<void> {
  const due = new Set<string>();
  const expected = new Map<string, Set<string>>();
  let wake = Promise.withResolvers<void>();
  const enqueue = (uid: string | undefined): void => {
    if (uid === undefined) return;
    due.add(uid);
    wake.resolve();
  };
  const podChanged = (pod: KubeObject): void => {
    expected.get(controllerUid(pod) ?? '')?.delete(pod.metadata.uid ?? '');
    enqueue(controllerUid(pod));
    if (pod.spec?.['nodeName'] === undefined) enqueue(UNBOUND);
  };
  const replicaSets = new Informer(client, '/apis/apps/v1/replicasets', {
    onChange: (set) => enqueue(set.metadata.uid),
    onDelete: (set) => expected.delete(set.metadata.uid ?? ''),
  });
  const pods = new Informer(client, '/api/v1/pods', { onChange: podChanged, onDelete: podChanged });
  const nodes = new Informer(client, '/api/v1/nodes', {
    onChange: () => enqueue(UNBOUND),
    onDelete: () => {},
  });
  const running = [replicaSets, pods, nodes].map((informer) => informer.run(signal));
  signal.addEventListener('abort', () => wake.resolve(), { once: true });
  await Promise.race([Promise.all([replicaSets.synced, pods.synced, nodes.synced]), ...running]);
  while (!signal.aborted) {
    await wake.promise;
    wake = Promise.withResolvers<void>();
    if (signal.aborted) break;
    const batch = [...due];
    due.clear();
    for (const uid of batch) {
      try {
        if (uid === UNBOUND) await bindPods(client, pods.objects(), nodes.objects());
        else
          await reconcile(
            client,
            replicaSets.objects().find((set) => set.metadata.uid === uid),
            pods.objects(),
            expected,
          );
      } catch (error) {
        const isRace = error instanceof LabApiError && (error.code === 404 || error.code === 409);
        if (!isRace) await wait(RETRY_MS, undefined, { signal }).catch(() => {});
        enqueue(uid);
      }
    }
  }
  await Promise.all(running);
}

const UNBOUND = 'pods without a node';

async function reconcile(
  client: LabClient,
  set: KubeObject | undefined,
  allPods: readonly KubeObject[],
  expected: Map<string, Set<string>>,
): Promise<void> {
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
  const uid = set.metadata.uid ?? '';
  const unseen = expected.get(uid) ?? new Set<string>();
  expected.set(uid, unseen);
  const mine = allPods.filter((pod) => controllerUid(pod) === uid && isActive(pod));
  for (const pod of mine) unseen.delete(pod.metadata.uid ?? '');
  const wanted = Number(set.spec?.['replicas'] ?? 1);
  const namespace = set.metadata.namespace ?? 'default';
  for (let count = mine.length + unseen.size; count < wanted; count += 1) {
    const pod = await client.create(`/api/v1/namespaces/${namespace}/pods`, podOf(set));
    unseen.add(pod.metadata.uid ?? '');
  }
  for (const pod of mine.sort(byWorth).slice(wanted)) {
    await client.delete(`/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`);
  }
  const ready = mine.filter(isReady).length;
  const status = {
    replicas: mine.length,
    fullyLabeledReplicas: mine.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: set.metadata.generation,
  };
  const isCurrent = Object.entries(status).every(([field, value]) => set.status?.[field] === value);
  const path = `/apis/apps/v1/namespaces/${namespace}/replicasets/${set.metadata.name}/status`;
  if (!isCurrent) await client.patch(path, { status });
}

async function bindPods(
  client: LabClient,
  pods: readonly KubeObject[],
  nodes: readonly KubeObject[],
): Promise<void> {
  const [node] = nodes.filter(isReady);
  if (node === undefined) return;
  for (const pod of pods) {
    if (pod.spec?.['nodeName'] !== undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const { name, namespace } = pod.metadata;
    await client
      .create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace },
        target: { apiVersion: 'v1', kind: 'Node', name: node.metadata.name },
      })
      .catch((error: unknown) => {
        if (!(error instanceof LabApiError)) throw error;
      });
  }
}

function podOf(set: KubeObject): unknown {
  const template = isObject(set.spec?.['template']) ? set.spec['template'] : {};
  const metadata = isObject(template['metadata']) ? template['metadata'] : {};
  const { apiVersion, kind } = set;
  const { name, uid } = set.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      labels: metadata['labels'],
      annotations: metadata['annotations'],
      generateName: `${name}-`,
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: template['spec'],
  };
}

function controllerUid(pod: KubeObject): string | undefined {
  return pod.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

function isActive(pod: KubeObject): boolean {
  const phase = pod.status?.['phase'];
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

function isReady(object: KubeObject): boolean {
  const conditions = object.status?.['conditions'];
  return (
    Array.isArray(conditions) &&
    conditions.some((condition) => condition?.type === 'Ready' && condition.status === 'True')
  );
}

function byWorth(left: KubeObject, right: KubeObject): number {
  const readiness = Number(isReady(right)) - Number(isReady(left));
  return (
    readiness ||
    Date.parse(left.metadata.creationTimestamp ?? '') - Date.parse(right.metadata.creationTimestamp ?? '')
  );
}
