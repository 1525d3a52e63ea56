import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { targetPorts } from './kubelet/host-ports.ts';
import type { Pod } from './kubelet/pod.ts';
import type { KubeList, KubeObject } from './kubernetes.ts';
import type { LabClient } from './lab-client.ts';

/** One port of a Service. */
export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** Where a Service is reached. */
export interface ServiceAddress {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

interface ServiceSpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

/**
 * Stands for the address of a Service on a lab, which has no network of its own: each connection is led to a pod that is Ready and
 * that the Service selects at that moment. Where there is none, or no Service, it is reset (a cluster's network would refuse it).
 */
export async function serveService(client: LabClient, service: ServicePort): Promise<ServiceAddress> {
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    lead(client, service, socket).catch(() => socket.resetAndDestroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Joins a connection with one to a pod until both are over; throws where either breaks or there is no pod. */
async function lead(client: LabClient, service: ServicePort, socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  const port = await endpointOf(client, service);
  if (port === undefined) throw new Error(`no pod of ${service.namespace}/${service.name} is ready`);
  await pipeline(socket, connect(port, '127.0.0.1'), socket);
}

/** The port, on this machine, of one pod that is ready; undefined while there is none. */
async function endpointOf(
  client: LabClient,
  { namespace, name, port }: ServicePort,
): Promise<number | undefined> {
  const { spec } = await client.get(`/api/v1/namespaces/${namespace}/services/${name}`);
  const { selector, ports } = spec as unknown as ServiceSpec;
  const target = ports.find((one) => one.port === port)?.targetPort ?? port;
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labels.join(','))}`;
  const { items } = await client.get<KubeList<Pod>>(path);
  return items.filter(isReady).flatMap((pod) => targetPorts(pod, target))[0]?.port;
}

function isReady({ metadata, status }: KubeObject): boolean {
  const conditions = (status?.['conditions'] ?? []) as readonly { type: string; status: string }[];
  const ready = conditions.some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
  return ready && metadata.deletionTimestamp === undefined;
}
