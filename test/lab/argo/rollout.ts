import { createHash } from 'node:crypto';
import { LABEL_POD_TEMPLATE_HASH } from '../../../crds/v1alpha1/labels.ts';
import type { KubeObject, OwnerReference } from '../kubernetes.ts';
import type { LabClient } from '../lab-client.ts';
import { collectionPath, objectPath } from '../object-path.ts';

/** The pod template of one revision: what differs between stable and canary in a test or in the demo. */
export interface Revision {
  readonly image: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly replicas: number;
}

/** A Rollout in the middle of a canary step. */
export interface RolloutPlan {
  readonly namespace: string;
  readonly name: string;
  readonly stable: Revision;
  readonly canary: Revision;
  /** Added to every container, e.g. ports and probes. */
  readonly container?: Readonly<Record<string, unknown>>;
}

/** What was deployed. */
export interface DeployedRollout {
  readonly rollout: KubeObject;
  readonly stableHash: string;
  readonly canaryHash: string;
}

/**
 * Puts into the API server what the Argo Rollouts controller would have put there: the Rollout with its status
 * at a canary step, and the ReplicaSets of both revisions, from which the pods come.
 */
export async function deployRollout(client: LabClient, plan: RolloutPlan): Promise<DeployedRollout> {
  const stableHash = templateHash(plan, plan.stable);
  const canaryHash = templateHash(plan, plan.canary);
  const labels = { app: plan.name };
  const created = await create(client, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { namespace: plan.namespace, name: plan.name },
    spec: {
      replicas: plan.stable.replicas + plan.canary.replicas,
      selector: { matchLabels: labels },
      strategy: {
        canary: {
          steps: [{ setWeight: 20 }, { analysis: { templates: [{ templateName: 'canary-analysis' }] } }],
        },
      },
      template: podTemplate(plan, plan.canary, labels),
    },
  });
  const rollout = await client.patch(`${objectPath(created)}/status`, {
    status: {
      currentPodHash: canaryHash,
      stableRS: stableHash,
      currentStepIndex: 1,
      selector: `app=${plan.name}`,
    },
  });
  await create(client, replicaSet(plan, plan.stable, stableHash, rollout, '1'));
  await create(client, replicaSet(plan, plan.canary, canaryHash, rollout, '2'));
  return { rollout, stableHash, canaryHash };
}

function create(client: LabClient, object: KubeObject): Promise<KubeObject> {
  return client.create(collectionPath(object), object);
}

/** The ReplicaSet of one revision, named and labelled as Argo Rollouts does. */
function replicaSet(
  plan: RolloutPlan,
  revision: Revision,
  hash: string,
  rollout: KubeObject,
  number: string,
): KubeObject {
  const labels = { app: plan.name, [LABEL_POD_TEMPLATE_HASH]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace: plan.namespace,
      name: `${plan.name}-${hash}`,
      labels,
      annotations: { 'rollout.argoproj.io/revision': number },
      ownerReferences: [controllerReference(rollout)],
    },
    spec: {
      replicas: revision.replicas,
      selector: { matchLabels: labels },
      template: podTemplate(plan, revision, labels),
    },
  };
}

function podTemplate(
  plan: RolloutPlan,
  revision: Revision,
  labels: Record<string, string>,
): Record<string, unknown> {
  return {
    metadata: { labels },
    spec: {
      containers: [
        {
          name: 'app',
          image: revision.image,
          env: Object.entries(revision.env ?? {}).map(([name, value]) => ({ name, value })),
          ...plan.container,
        },
      ],
    },
  };
}

/** The owner reference of a controller, as Argo Rollouts writes it. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  if (metadata.uid === undefined) {
    throw new Error(`${metadata.name} was not created yet: it cannot own anything`);
  }
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Ten characters of Kubernetes' safe alphabet that depend on the template alone, as Argo Rollouts' hashes do. */
function templateHash(plan: RolloutPlan, revision: Revision): string {
  const { replicas: _replicas, ...template } = revision;
  const digest = createHash('sha256')
    .update(JSON.stringify([plan.name, plan.container, template]))
    .digest();
  return [...digest.subarray(0, 10)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** k8s.io/apimachinery/pkg/util/rand: no vowels, no digits that look like letters. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
