import type { KubernetesObject, ObjectMeta } from '../../crds/client/kubernetes-object.ts';

/** A Pod as the API server sends it, as far as it is read here; times are RFC 3339 strings. */
export interface PodObject extends KubernetesObject {
  readonly metadata: ObjectMeta & { readonly deletionGracePeriodSeconds?: number };
  readonly spec?: PodSpec;
  readonly status?: PodStatus;
}

/** The part of a workload that its pods are made from. */
export interface PodTemplateSpec {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: PodSpec;
}

/** What a pod shall run. */
export interface PodSpec {
  readonly nodeName?: string;
  readonly serviceAccountName?: string;
  readonly containers?: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly volumes?: readonly VolumeSpec[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly terminationGracePeriodSeconds?: number;
  readonly runtimeClassName?: string;
  readonly hostNetwork?: boolean;
  readonly securityContext?: object;
}

/** One container of a {@link PodSpec}. */
export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** `Always` makes an init container a sidecar (KEP-753). */
  readonly restartPolicy?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly configMapRef?: NamedReference;
    readonly secretRef?: NamedReference;
  }[];
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string | number>>;
    readonly requests?: Readonly<Record<string, string | number>>;
  };
  readonly workingDir?: string;
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
    readonly readOnly?: boolean;
  }[];
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
  readonly securityContext?: object;
  readonly ports?: readonly { readonly containerPort: number; readonly protocol?: string }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

/** An environment variable; its value is compared and never shown. */
export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly configMapKeyRef?: NamedReference & { readonly key?: string };
    readonly secretKeyRef?: NamedReference & { readonly key?: string };
    readonly fieldRef?: { readonly fieldPath?: string };
    readonly resourceFieldRef?: { readonly resource?: string };
  };
}

/** A reference by name within the namespace. */
export interface NamedReference {
  readonly name?: string;
}

/** What a probe or a lifecycle hook does: one of its members is set. */
export interface Handler {
  readonly httpGet?: { readonly path?: string; readonly port?: number | string; readonly scheme?: string };
  readonly tcpSocket?: { readonly port?: number | string };
  readonly grpc?: { readonly port?: number; readonly service?: string };
  readonly exec?: { readonly command?: readonly string[] };
  readonly sleep?: { readonly seconds?: number };
}

/** A liveness, readiness or start-up probe. */
export interface Probe extends Handler {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

/** A volume, as far as it names other objects. */
export interface VolumeSpec {
  readonly name: string;
  readonly configMap?: NamedReference;
  readonly secret?: { readonly secretName?: string };
  readonly persistentVolumeClaim?: { readonly claimName?: string };
  readonly hostPath?: { readonly path?: string };
  readonly csi?: { readonly driver?: string };
  readonly projected?: {
    readonly sources?: readonly { readonly configMap?: NamedReference; readonly secret?: NamedReference }[];
  };
}

/** What became of a pod. */
export interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly startTime?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly lastTransitionTime?: string;
  }[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

/** What became of one container. */
export interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

/** The status of a pod's container by name, init containers included. */
export function containerStatus(pod: PodObject | undefined, name: string): ContainerStatus | undefined {
  return containerStatuses(pod).find((status) => status.name === name);
}

/** The statuses of a pod's init containers and containers. */
export function containerStatuses(pod: PodObject | undefined): readonly ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses: others = [] } = pod?.status ?? {};
  return [...initContainerStatuses, ...others];
}

/** One of its three members is set. */
export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly reason?: string;
    readonly exitCode?: number;
    readonly signal?: number;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}
