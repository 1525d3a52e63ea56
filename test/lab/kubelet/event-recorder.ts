import { createHash } from 'node:crypto';
import { type KubeObject, timestamp } from '../kubernetes.ts';
import type { LabClient } from '../lab-client.ts';

/** One thing worth telling about a pod. */
export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{web}` */
  readonly fieldPath?: string;
}

/**
 * Writes core/v1 Events about pods, in order, counting repetitions of the same one instead of writing it again.
 * An event that cannot be written is lost, as the kubelet's are.
 */
export class EventRecorder {
  readonly #client: LabClient;
  readonly #nodeName: string;
  readonly #now: () => Date;
  readonly #written = new Map<string, { name: string; count: number }>();
  #queue: Promise<void> = Promise.resolve();

  constructor(client: LabClient, nodeName: string, now: () => Date) {
    this.#client = client;
    this.#nodeName = nodeName;
    this.#now = now;
  }

  record(pod: KubeObject, event: PodEvent): void {
    const at = timestamp(this.#now());
    this.#queue = this.#queue.then(() => this.#write(pod, event, at)).catch(() => {});
  }

  /** Resolves when everything recorded so far was tried. */
  flushed(): Promise<void> {
    return this.#queue;
  }

  async #write(pod: KubeObject, event: PodEvent, at: string): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const collection = `/api/v1/namespaces/${namespace}/events`;
    const key = createHash('sha256')
      .update(JSON.stringify([uid, event]))
      .digest('hex')
      .slice(0, 16);
    const earlier = this.#written.get(key);
    if (earlier !== undefined) {
      earlier.count += 1;
      await this.#client.patch(`${collection}/${earlier.name}`, { count: earlier.count, lastTimestamp: at });
      return;
    }
    const eventName = `${name}.${key}`;
    this.#written.set(key, { name: eventName, count: 1 });
    const { fieldPath, ...told } = event;
    await this.#client.create(collection, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        name,
        namespace,
        uid,
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      ...told,
      source: { component: 'kubelet', host: this.#nodeName },
      reportingComponent: 'kubelet',
      reportingInstance: this.#nodeName,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    });
  }
}
