import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServingCertificate } from '../certificate.ts';
import { Informer } from '../informer.ts';
import { type KubeObject, timestamp } from '../kubernetes.ts';
import { type ApiEndpoint, LabApiError, LabClient } from '../lab-client.ts';
import type { RuntimeContext } from './container-runner.ts';
import { EventRecorder } from './event-recorder.ts';
import type { ImageRegistry } from './images.ts';
import { LogFaults } from './log-faults.ts';
import { findPod, kubeletHandler } from './log-server.ts';
import { nanosecondClock } from './nanosecond-clock.ts';
import { nodeObject } from './node-object.ts';
import type { Pod } from './pod.ts';
import { PodWorker } from './pod-worker.ts';
import type { BackoffOptions } from './restart-backoff.ts';

/** How a process kubelet joins a cluster. */
export interface KubeletOptions {
  /** Any API server: the embedded one or a real one. */
  readonly server: ApiEndpoint;
  readonly images: ImageRegistry;
  /** Default `process-node`. */
  readonly nodeName?: string;
  /** Serves logs over HTTPS, as API servers expect; plain HTTP without. */
  readonly certificate?: ServingCertificate;
  readonly backoff?: BackoffOptions;
  /** Replaces every probe's period and initial delay. */
  readonly probePeriodMs?: number;
  /** Default: the system's clock. */
  readonly now?: () => Date;
}

/** A running kubelet whose containers are processes of this machine. */
export interface ProcessKubelet {
  readonly nodeName: string;
  readonly url: string;
  /** What each image runs; may be added to at any time. */
  readonly images: ImageRegistry;
  /** Makes the logs of some containers refuse, hang or break. */
  readonly logFaults: LogFaults;
  /** Kills a container's process as the kernel does when memory runs out; false when it does not run. */
  oomKill(namespace: string, pod: string, container: string): boolean;
  /** Resolves when every Event recorded so far has been written. */
  eventsFlushed(): Promise<void>;
  /** Kills every process, stops serving and removes the logs; the pods stay in the API server as they are. */
  stop(): Promise<void>;
}

/**
 * Starts a kubelet: registers its Node, runs the pods that are bound to it, and serves their logs.
 * Its processes are killed when this program exits, whatever the reason but an unhandled signal.
 */
export async function startProcessKubelet(options: KubeletOptions): Promise<ProcessKubelet> {
  const now = options.now ?? (() => new Date());
  const nodeName = options.nodeName ?? 'process-node';
  const client = new LabClient(options.server);
  const directory = mkdtempSync(join(tmpdir(), 'process-kubelet-'));
  const recorder = new EventRecorder(client, nodeName, now);
  const workers = new Map<string, PodWorker>();
  const takenPorts = new Set<number>();
  const logFaults = new LogFaults();
  const context: RuntimeContext = {
    images: options.images,
    backoff: options.backoff ?? {},
    probePeriodMs: options.probePeriodMs,
    clock: nanosecondClock(),
    now,
    directory,
    readConfig: () => Promise.resolve(undefined),
    record: (pod, event) => recorder.record(pod, event),
  };
  const pods = () => workers.values();
  const handle = kubeletHandler(pods, logFaults, now);
  const server =
    options.certificate === undefined
      ? createHttpServer(handle)
      : createHttpsServer({ ...options.certificate }, handle);
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listens);
  await listening;
  const { port } = server.address() as AddressInfo;
  await register(client, nodeObject(nodeName, port, timestamp(now())));

  const ending = new Set<Promise<void>>();
  const track = (work: Promise<void>): void => {
    const tracked: Promise<void> = work.finally(() => ending.delete(tracked));
    ending.add(tracked);
  };
  const onChange = (object: KubeObject): void => {
    const pod = object as Pod;
    const uid = pod.metadata.uid ?? '';
    const isOver = pod.status?.['phase'] === 'Succeeded' || pod.status?.['phase'] === 'Failed';
    const known = workers.get(uid);
    if (pod.metadata.deletionTimestamp !== undefined) {
      const worker = known ?? new PodWorker(pod, client, context, takenPorts);
      workers.set(uid, worker);
      track(worker.terminate(pod.metadata.deletionGracePeriodSeconds ?? 0));
    } else if (known === undefined && !isOver) {
      const readConfig = configReader(client, pod.metadata.namespace ?? 'default');
      const worker = new PodWorker(pod, client, { ...context, readConfig }, takenPorts);
      workers.set(uid, worker);
      worker.start();
    }
  };
  const onDelete = (object: KubeObject): void => {
    const worker = workers.get(object.metadata.uid ?? '');
    workers.delete(object.metadata.uid ?? '');
    if (worker !== undefined) track(worker.abandon());
  };
  const stopping = new AbortController();
  const informer = new Informer(client, `/api/v1/pods?fieldSelector=spec.nodeName%3D${nodeName}`, {
    onChange,
    onDelete,
  });
  const watching = informer.run(stopping.signal);
  await Promise.race([informer.synced, watching]);

  const killAll = (): void => {
    for (const worker of workers.values()) worker.killNow();
  };
  process.on('exit', killAll);
  return {
    nodeName,
    url: `${options.certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    images: options.images,
    logFaults,
    oomKill: (namespace, pod, container) =>
      findPod(pods(), namespace, pod)?.container(container)?.oomKill() ?? false,
    eventsFlushed: () => recorder.flushed(),
    stop: async () => {
      stopping.abort();
      await watching;
      await Promise.all([...workers.values()].map((worker) => worker.abandon()));
      client.close();
      await Promise.all(ending);
      process.off('exit', killAll);
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      server.close(() => close());
      server.closeAllConnections();
      await closed;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function register(client: LabClient, node: KubeObject): Promise<void> {
  try {
    await client.create('/api/v1/nodes', node);
  } catch (error) {
    if (!(error instanceof LabApiError) || error.code !== 409) throw error;
    await client.patch(`/api/v1/nodes/${node.metadata.name}/status`, { status: node.status });
  }
}

function configReader(client: LabClient, namespace: string): RuntimeContext['readConfig'] {
  return async (kind, name) => {
    try {
      return await client.get(`/api/v1/namespaces/${namespace}/${kind}s/${name}`);
    } catch (error) {
      if (error instanceof LabApiError && error.code === 404) return undefined;
      throw error;
    }
  };
}
