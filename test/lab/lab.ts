import type { ProcessKubelet } from './kubelet/process-kubelet.ts';
import type { KubeObject } from './kubernetes.ts';
import type { LabClient } from './lab-client.ts';
import type { ObjectName } from './objects.ts';

/** A cluster on this machine, whichever API server it has: one node, whose containers are local processes. */
export interface Lab {
  readonly url: string;
  /** A file with the certificate to trust; absent for plain HTTP. */
  readonly caFile?: string;
  /** A kubeconfig file of the administrator. */
  readonly kubeconfig: string;
  /** A folder that goes away with the lab. */
  readonly directory: string;
  /** May do everything. */
  readonly client: LabClient;
  readonly kubelet: ProcessKubelet;
  /** Creates an object, or merges it into the one that exists. */
  apply(object: KubeObject): Promise<KubeObject>;
  /** The first state of an object for which the condition holds; rejects when the signal fires or the watch ends. */
  waitFor(
    object: ObjectName,
    condition: (object: KubeObject) => boolean,
    signal?: AbortSignal,
  ): Promise<KubeObject>;
  stop(): Promise<void>;
}
