import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN } from './api-server/access.ts';
import { type ApiServerOptions, type EmbeddedApiServer, startApiServer } from './api-server/api-server.ts';
import { runReplicaSetController } from './api-server/replicaset-controller.ts';
import { selfSignedCertificate } from './certificate.ts';
import { kubeconfig } from './kubeconfig.ts';
import type { ImageRegistry } from './kubelet/images.ts';
import { type KubeletOptions, startProcessKubelet } from './kubelet/process-kubelet.ts';
import type { Lab } from './lab.ts';
import { LabClient } from './lab-client.ts';
import { applyObject, waitFor } from './objects.ts';

/** How an embedded lab is brought up; every field has a default. */
export interface EmbeddedLabOptions extends ApiServerOptions {
  /** What the images of its pods run; default none. */
  readonly images?: ImageRegistry;
  /** The kubelet's restart and image back-off; default that of a real one (10 s to 5 min). */
  readonly backoff?: KubeletOptions['backoff'];
  /** Replaces the period and initial delay of every probe. */
  readonly probePeriodMs?: number;
}

/** The embedded API server, the ReplicaSet controller and one process kubelet. */
export interface EmbeddedLab extends Lab {
  readonly server: EmbeddedApiServer;
  /** A new bearer token for a user, whom `server.access.deny` may then restrict. */
  tokenFor(user: string): string;
  /** Writes a kubeconfig file for a user and returns its path. */
  kubeconfigFor(user: string): string;
  /** A client for a user, closed with the lab. */
  clientFor(user: string): LabClient;
}

/** Brings up a whole lab on free ports of 127.0.0.1; {@link Lab.stop} takes all of it down. */
export async function startEmbeddedLab(options: EmbeddedLabOptions = {}): Promise<EmbeddedLab> {
  const { images = {}, backoff, probePeriodMs, ...serverOptions } = options;
  const server = await startApiServer(serverOptions);
  const directory = mkdtempSync(join(tmpdir(), 'embedded-lab-'));
  const caFile = server.ca === undefined ? undefined : join(directory, 'ca.crt');
  if (caFile !== undefined) writeFileSync(caFile, server.ca ?? '');
  const clients: LabClient[] = [];
  const endpointFor = (user: string) => ({
    url: server.url,
    token: server.access.tokenFor(user, user === ADMIN ? ['system:masters'] : []),
    ...(server.ca === undefined ? {} : { ca: server.ca }),
  });
  const clientFor = (user: string): LabClient => {
    const client = new LabClient(endpointFor(user));
    clients.push(client);
    return client;
  };
  const kubeconfigFor = (user: string): string => {
    const path = join(directory, `${user.replaceAll(/[^\w.-]/g, '_')}.kubeconfig`);
    writeFileSync(path, kubeconfig(endpointFor(user), user), { mode: 0o600 });
    return path;
  };
  const client = clientFor(ADMIN);
  const stopping = new AbortController();
  const controller = runReplicaSetController(clientFor('system:kube-controller-manager'), stopping.signal);
  const kubelet = await startProcessKubelet({
    server: endpointFor('system:node:process-node'),
    images,
    certificate: selfSignedCertificate('process-kubelet', new Date()),
    ...(backoff === undefined ? {} : { backoff }),
    ...(probePeriodMs === undefined ? {} : { probePeriodMs }),
  });
  return {
    url: server.url,
    ...(caFile === undefined ? {} : { caFile }),
    kubeconfig: kubeconfigFor(ADMIN),
    directory,
    client,
    server,
    kubelet,
    tokenFor: (user) => server.access.tokenFor(user),
    kubeconfigFor,
    clientFor,
    apply: (object) => applyObject(client, object),
    waitFor: (object, condition, signal) => waitFor(client, object, condition, signal),
    stop: async () => {
      stopping.abort();
      await kubelet.stop();
      await server.stop();
      await controller;
      for (const one of clients) one.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
