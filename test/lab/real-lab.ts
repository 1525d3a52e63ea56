import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSignedCertificate } from './certificate.ts';
import { type ControlPlane, startControlPlane } from './control-plane/control-plane.ts';
import type { Progress } from './control-plane/go-build.ts';
import { NEWEST, type RolloutsMinor, rolloutsModule } from './control-plane/programs.ts';
import { bindPodsTo } from './control-plane/scheduling.ts';
import { type Endings, endAll } from './endings.ts';
import type { ImageRegistry } from './kubelet/images.ts';
import { type KubeletOptions, startProcessKubelet } from './kubelet/process-kubelet.ts';
import type { Lab } from './lab.ts';
import { type ApiEndpoint, LabClient } from './lab-client.ts';
import { applyObject, waitFor } from './objects.ts';

const NODE = 'process-node';
const POLL_MS = 50;
const root = join(import.meta.dirname, '../..');

/** How a real lab is brought up. */
export interface RealLabOptions {
  readonly images?: ImageRegistry;
  readonly backoff?: KubeletOptions['backoff'];
  /** Whose custom resources are installed; the newest when absent. */
  readonly rollouts?: RolloutsMinor;
  readonly progress?: Progress;
}

/** A ServiceAccount. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** A real control plane with one process kubelet and the custom resources of Argo Rollouts. */
export interface RealLab extends Lab {
  readonly caFile: string;
  readonly apiServer: ControlPlane['apiServer'];
  readonly auditLog: ControlPlane['auditLog'];
  /** A token for a ServiceAccount, as the API server's TokenRequest gives it; the account has to exist. */
  serviceAccountToken(account: ServiceAccount): Promise<string>;
  /** Runs kubectl as administrator and returns what it printed. */
  kubectl: ControlPlane['kubectl'];
}

/** Brings up a real lab; building its programs on first use takes some ten minutes. */
export async function startRealLab(options: RealLabOptions = {}): Promise<RealLab> {
  const { images = {}, backoff, rollouts = NEWEST, progress = () => undefined } = options;
  const plane = await startControlPlane(progress);
  const ends: Endings = [() => plane.stop()];
  const stop = (): Promise<void> => endAll(ends);
  try {
    const endpoint: ApiEndpoint = {
      url: plane.url,
      token: plane.adminToken,
      ca: await readFile(plane.caFile, 'utf8'),
    };
    const client = new LabClient(endpoint);
    ends.push(async () => client.close());
    const crds = join(await rolloutsModule(rollouts, progress), 'manifests/crds');
    await plane.kubectl(['apply', '--server-side', '-k', crds]);
    await plane.kubectl([
      'apply',
      '--server-side',
      '-f',
      join(root, 'crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml'),
    ]);
    await plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    await untilServed(client);
    for (const object of bindPodsTo(NODE)) await applyObject(client, object);
    const kubelet = await startProcessKubelet({
      server: endpoint,
      nodeName: NODE,
      images,
      certificate: selfSignedCertificate('process-kubelet', new Date()),
      ...(backoff === undefined ? {} : { backoff }),
    });
    ends.push(() => kubelet.stop());
    await untilPodsAreBound(client);
    return {
      url: plane.url,
      caFile: plane.caFile,
      kubeconfig: plane.kubeconfig,
      auditLog: plane.auditLog,
      apiServer: servedAgain(plane.apiServer, client),
      directory: plane.directory,
      client,
      kubelet,
      serviceAccountToken: (account) => requestToken(client, account),
      kubectl: plane.kubectl,
      apply: (object) => applyObject(client, object),
      waitFor: (object, condition, signal) => waitFor(client, object, condition, signal),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function requestToken(client: LabClient, { namespace, name }: ServiceAccount): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status } = await client.create(path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  });
  const { token } = (status ?? {}) as { token?: string };
  if (token === undefined) throw new Error(`no token for ${namespace}/${name}`);
  return token;
}

const SERVED = [
  '/apis/metric-ai.argoproj-labs.io/v1alpha1/canaryanalyses',
  '/apis/argoproj.io/v1alpha1/rollouts',
  '/apis/argoproj.io/v1alpha1/analysisruns',
  '/apis/argoproj.io/v1alpha1/experiments',
];

/** An established resource type answers 429 "storage is (re)initializing" until its watch cache has filled. */
async function untilServed(client: LabClient): Promise<void> {
  const limit = Date.now() + 60_000;
  for (const path of SERVED) {
    for (;;) {
      const { statusCode } = (await client.open({ path: `${path}?resourceVersion=0` })).resume();
      if (statusCode === 200) break;
      if (Date.now() > limit) throw new Error(`${path} was not served after 60 s: ${statusCode}`);
      await sleep(POLL_MS);
    }
  }
}

/** After a start, too, the resource types are there when it says that it has started. */
function servedAgain(apiServer: ControlPlane['apiServer'], client: LabClient): ControlPlane['apiServer'] {
  return {
    get pid() {
      return apiServer.pid;
    },
    restarts: apiServer.restarts,
    stop: () => apiServer.stop(),
    start: async () => {
      await apiServer.start();
      await untilServed(client);
    },
  };
}

/** The API server takes a second or two to put a new admission policy into force: asks until a pod would be bound. */
async function untilPodsAreBound(client: LabClient): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe' },
    spec: { containers: [{ name: 'probe', image: 'probe' }] },
  };
  const limit = Date.now() + 60_000;
  for (;;) {
    const { spec } = await client.create('/api/v1/namespaces/default/pods?dryRun=All', pod);
    if (spec?.['nodeName'] === NODE) return;
    if (Date.now() > limit)
      throw new Error('the admission policy that binds pods did not come into force in 60 s');
    await sleep(POLL_MS);
  }
}
