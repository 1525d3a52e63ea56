import { isObject, type JsonObject, type KubeObject } from '../kubernetes.ts';
import type { ResourceType } from './resource-type.ts';

/** What the API server itself fills in when an object is created; custom resources have their schema's defaults instead. */
export function withCreationDefaults(object: KubeObject, type: ResourceType): KubeObject {
  const created = type.statusSubresource && type.kind !== 'Node' ? withoutStatus(object) : object;
  switch (type.kind) {
    case 'Pod':
      return {
        ...created,
        spec: {
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          ...created.spec,
          containers: containersOf(created.spec).map((container) => ({
            imagePullPolicy: 'IfNotPresent',
            ...container,
          })),
        },
        status: { phase: 'Pending', qosClass: 'BestEffort' },
      };
    case 'Namespace':
      return {
        ...created,
        metadata: {
          ...created.metadata,
          labels: { ...created.metadata.labels, 'kubernetes.io/metadata.name': created.metadata.name },
        },
        spec: { finalizers: ['kubernetes'], ...created.spec },
        status: { phase: 'Active' },
      };
    case 'ReplicaSet':
      return {
        ...created,
        spec: { replicas: 1, minReadySeconds: 0, ...created.spec },
        status: { replicas: 0 },
      };
    case 'Deployment':
      return { ...created, spec: { replicas: 1, ...created.spec } };
    default:
      return created;
  }
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object;
  return rest as KubeObject;
}

function containersOf(spec: JsonObject | undefined): JsonObject[] {
  const containers = spec?.['containers'];
  return Array.isArray(containers) ? containers.filter(isObject) : [];
}
