import { rename, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { labelSelector } from '../api-server/selectors.ts';
import { Informer } from '../informer.ts';
import type { LabClient } from '../lab-client.ts';
import { type LoopbackServer, listenOnLoopback } from '../loopback.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { limitsPage } from './limits.ts';

/** Which Services are scraped, as a ServiceMonitor says it. */
export interface Monitor {
  /** Which Services, in kubectl's syntax; all when empty. */
  readonly selector: string;
  /** The name of the port. */
  readonly port: string;
  readonly path: string;
}

/** What stands around a Prometheus in a cluster, for one namespace. */
export interface Monitoring extends LoopbackServer {
  /** Of the pages: `/limits`, for Prometheus, and `/to/SERVICE/PATH`, a page of one of the Service's pods. */
  readonly url: string;
}

/**
 * Keeps a file for Prometheus' file discovery (`file_sd_config`) that names what `monitor` selects, with the labels that the
 * Prometheus operator gives its targets, and serves what no part of the lab does.
 */
export async function startMonitoring(
  client: LabClient,
  { namespace, monitor, targetsFile }: { namespace: string; monitor: Monitor; targetsFile: string },
): Promise<Monitoring> {
  const ending = new AbortController();
  let written = '';
  let writing: Promise<void> = Promise.resolve();
  const endpoints = (): Endpoint[] => endpointsOf(services.objects(), pods.objects());
  const changed = (): void => {
    const selected = services.objects().filter(labelSelector(monitor.selector));
    const found = endpointsOf(selected, pods.objects()).filter(({ port }) => port === monitor.port);
    const text = JSON.stringify(found.map((one) => targetGroup(namespace, one)));
    if (text === written) return;
    written = text;
    writing = writing.then(async () => {
      await writeFile(`${targetsFile}.new`, text);
      await rename(`${targetsFile}.new`, targetsFile);
    });
  };
  const handlers = { onChange: changed, onDelete: changed };
  const services: Informer = new Informer(client, `/api/v1/namespaces/${namespace}/services`, handlers);
  const pods: Informer = new Informer(client, `/api/v1/namespaces/${namespace}/pods`, handlers);
  const running = [services, pods].map((informer) => informer.run(ending.signal));
  const server = createServer((request, response) => {
    const [, page, service, ...path] = (request.url ?? '').split('/');
    if (page === 'limits')
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(limitsPage(pods.objects()));
    else if (page === 'to')
      forward(
        endpoints().find((one) => one.service === service),
        path.join('/'),
        response,
      );
    else response.writeHead(404).end();
  });
  const [listening] = await Promise.all([listenOnLoopback(server), services.synced, pods.synced]);
  changed();
  await writing;
  return {
    url: listening.url,
    close: async () => {
      ending.abort();
      await Promise.all([listening.close(), ...running]);
      await writing;
    },
  };
}

/** The labels of a target that the Prometheus operator makes of a ServiceMonitor. */
function targetGroup(namespace: string, { address, service, pod, container, port }: Endpoint): object {
  return { targets: [address], labels: { namespace, service, pod, container, endpoint: port } };
}

function forward(to: Endpoint | undefined, path: string, response: ServerResponse): void {
  if (to === undefined) {
    response.writeHead(503).end('no pod behind the Service');
    return;
  }
  get(`http://${to.address}/${path}`, (answer: IncomingMessage) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }).on('error', () => response.destroy());
}
