import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ResourceClient } from '../../crds/client/resource-client.ts';
import {
  API_VERSION,
  type CanaryAnalysis,
  GROUP,
  KIND,
  PLURAL,
  VERSION,
} from '../../crds/v1alpha1/canary-analysis.ts';
import { loadKubeConfig } from '../../operator/kernel/kube-config.ts';
import { createKubeTransport } from '../../operator/kernel/kube-transport.ts';
import { type ControlPlane, startControlPlane } from '../lab/control-plane/control-plane.ts';
import type { Progress } from '../lab/control-plane/go-build.ts';
import { startEmbeddedLab } from '../lab/embedded-lab.ts';
import { type Endings, endAll } from '../lab/endings.ts';
import { isObject, type KubeObject } from '../lab/kubernetes.ts';
import { LabApiError, LabClient } from '../lab/lab-client.ts';
import type { Change, Content } from './rule-cases.ts';
import type { Schema } from './schema-cases.ts';

const BASE = join(import.meta.dirname, '..', '..', 'kustomize', 'base');
/** The operator's account, as kubectl takes it. */
const OPERATOR = ['canary-analysis-operator', '--namespace', 'canary-analysis'];
const FILE = join(import.meta.dirname, '..', '..', 'crds', 'metric-ai.argoproj-labs.io_canaryanalyses.yaml');
/** Where analyses are created. */
export const ANALYSES = `/apis/${API_VERSION}/namespaces/default/${PLURAL}`;

interface Definition extends KubeObject {
  readonly spec: {
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Schema } }];
  } & Record<string, unknown>;
}

/** The definition of the custom resource, as it is applied. */
export const definition: Definition = parse(await readFile(FILE, 'utf8'));
/** Its schema. */
export const schema = definition.spec.versions[0].schema.openAPIV3Schema;

/** An API server that serves the custom resource. */
export interface Server {
  readonly name: string;
  /** The lab's own client, as administrator. */
  readonly client: LabClient;
  /** The client that the operator uses; on the real server with the operator's account and rights. */
  readonly analyses: ResourceClient<CanaryAnalysis>;
}

/** The real API server and the embedded one, side by side. */
export interface TwoServers {
  readonly servers: readonly [real: Server, embedded: Server];
  /** Around the real one. */
  readonly plane: ControlPlane;
  stop(): Promise<void>;
}

/** Starts both and applies the definition, to the real one with the whole base; building the real one on first use takes some ten minutes. */
export async function startTwoServers(progress: Progress): Promise<TwoServers> {
  const ends: Endings = [];
  const stop = (): Promise<void> => endAll(ends);
  const serve = (name: string, client: LabClient, access: Parameters<typeof loadKubeConfig>[0]): Server => {
    const transport = createKubeTransport(loadKubeConfig(access, {}));
    const resource = { group: GROUP, version: VERSION, plural: PLURAL, kind: KIND, namespaced: true };
    ends.push(
      async () => client.close(),
      async () => transport.close(),
    );
    return { name, client, analyses: new ResourceClient<CanaryAnalysis>(transport, resource) };
  };
  try {
    const plane = await startControlPlane(progress);
    ends.push(() => plane.stop());
    await plane.kubectl(['apply', '--server-side', '-k', BASE]);
    await plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    const ca = await readFile(plane.caFile, 'utf8');
    const admin = new LabClient({ url: plane.url, token: plane.adminToken, ca });
    const token = (await plane.kubectl(['create', 'token', ...OPERATOR])).trim();
    const real = serve('kube-apiserver', admin, { server: plane.url, caFile: plane.caFile, token });
    const lab = await startEmbeddedLab();
    ends.push(() => lab.stop());
    await lab.apply(structuredClone(definition));
    const embedded = serve('embedded API server', lab.clientFor('system:admin'), {
      kubeconfig: lab.kubeconfig,
    });
    return { servers: [real, embedded], plane, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

let count = 0;

/** The body of an analysis; its name is a new one when absent. */
export function analysis(spec: object, name = `case-${++count}`): KubeObject {
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name }, spec: { ...spec } };
}

/** Creates an analysis and gives it its status. */
export async function create({ client }: Server, { spec, status }: Content): Promise<KubeObject> {
  const created = await client.create(ANALYSES, analysis(spec));
  if (status === undefined) return created;
  return client.patch(`${ANALYSES}/${created.metadata.name}/status`, { status });
}

/** Replaces an analysis, or its status, without keeping the result. */
export async function tryChange(server: Server, { part, before, after }: Change): Promise<KubeObject> {
  const { status: _status, ...stored } = await create(server, before);
  const path = `${ANALYSES}/${stored.metadata.name}${part === 'status' ? '/status' : ''}?dryRun=All`;
  return server.client.update(path, { ...stored, ...after });
}

/** What is not as expected of a request that has to pass. */
export async function unlessAccepted(what: string, request: Promise<unknown>): Promise<string[]> {
  const error = await errorOf(request);
  return error === undefined ? [] : [`${what}: ${error.message}`];
}

/** What is not as expected of one that has to be refused as invalid, for this field and in these words. */
export async function unlessRefused(
  what: string,
  request: Promise<unknown>,
  field: string,
  says: string,
): Promise<string[]> {
  const error = await errorOf(request);
  if (error === undefined) return [`${what}: accepted`];
  const details = isObject(error.body) && isObject(error.body['details']) ? error.body['details'] : {};
  const causes = (details['causes'] ?? []) as { field?: string; message: string }[];
  const isNamed = causes.some((cause) => cause.field === field && cause.message.includes(says));
  return error.code === 422 && isNamed
    ? []
    : [`${what}: expected "${field}: …${says}", got: ${error.message}`];
}

async function errorOf(request: Promise<unknown>): Promise<LabApiError | undefined> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined && !(error instanceof LabApiError)) throw error;
  return error;
}
