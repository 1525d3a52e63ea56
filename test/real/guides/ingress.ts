import { createServer, request } from 'node:http';
import { Informer } from '../../lab/informer.ts';
import { hostPort } from '../../lab/kubelet/host-ports.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import type { LabClient } from '../../lab/lab-client.ts';
import { type LoopbackServer, listenOnLoopback } from '../../lab/loopback.ts';

/** Where the requests to a workload come in. */
export type Ingress = LoopbackServer;

/**
 * Stands for an ingress controller or a gateway, which the lab has not: leads each request to the next of a workload's pods that
 * listen, those of the canary among them. `app` is the pods' label and the name of their container, which listens on 8080.
 */
export async function startIngress(client: LabClient, namespace: string, app: string): Promise<Ingress> {
  const ending = new AbortController();
  const ports = new Map<string, number>();
  const pods = new Informer(client, `/api/v1/namespaces/${namespace}/pods`, {
    onChange: (pod) => {
      const port = listeningAt(pod, app);
      if (port === undefined) ports.delete(pod.metadata.name);
      else ports.set(pod.metadata.name, port);
    },
    onDelete: ({ metadata }) => void ports.delete(metadata.name),
  });
  const running = pods.run(ending.signal);
  let number = 0;
  const server = createServer((incoming, response) => {
    const list = [...ports.values()];
    const port = list[number++ % list.length];
    if (port === undefined) return void response.writeHead(503).end();
    const { method, url: path, headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  const listening = await listenOnLoopback(server);
  return {
    url: listening.url,
    close: async () => {
      ending.abort();
      await Promise.all([listening.close(), running.catch(() => undefined)]);
    },
  };
}

function listeningAt(pod: KubeObject, app: string): number | undefined {
  const conditions = (pod.status?.['conditions'] ?? []) as readonly { type: string; status: string }[];
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady && pod.metadata.labels?.['app'] === app ? hostPort(pod, app, 8080) : undefined;
}
