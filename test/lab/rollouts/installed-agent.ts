import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kubeconfig } from '../kubeconfig.ts';
import type { ImageRegistry } from '../kubelet/images.ts';
import type { KubeObject } from '../kubernetes.ts';
import type { RealLab, ServiceAccount } from '../real-lab.ts';
import { type ServiceAddress, serveService } from '../service-address.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/agent');
const AGENT: ServiceAccount = { namespace: 'argo-rollouts', name: 'kubernetes-agent' };
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: AGENT };
const PORT = 8080;

/**
 * `canary-analysis agent` on a lab, by the manifests of `examples/agent`: its Deployment, its Service, and the least rights of its
 * account. Its address is there from the start, as a Service's is; who calls it before it is deployed finds nobody.
 */
export class InstalledAgent {
  readonly #lab: RealLab;
  readonly #images: ImageRegistry;
  readonly #program: string;
  readonly #address: ServiceAddress;
  #objects: Promise<readonly KubeObject[]> | undefined;

  private constructor(lab: RealLab, images: ImageRegistry, program: string, address: ServiceAddress) {
    this.#lab = lab;
    this.#images = images;
    this.#program = program;
    this.#address = address;
  }

  /** `program` is what its image runs, which becomes one of the images that the lab's kubelet knows. */
  static async at(lab: RealLab, images: ImageRegistry, program: string): Promise<InstalledAgent> {
    const address = await serveService(lab.client, { ...AGENT, port: PORT });
    return new InstalledAgent(lab, images, program, address);
  }

  /** The address of its Service. */
  get url(): string {
    return this.#address.url;
  }

  /** Installs it on first use, without a pod yet, and lets it look at one more namespace. */
  async install(namespace: string): Promise<void> {
    this.#objects ??= this.#install();
    const objects = await this.#objects;
    const bindings = objects.filter(({ kind }) => kind === 'RoleBinding');
    await this.#apply(bindings.map((one) => ({ ...one, metadata: { ...one.metadata, namespace } })));
  }

  /** `kubectl scale`, until as many pods are ready and no other is left. */
  async scale(replicas: number, signal: AbortSignal): Promise<void> {
    const { namespace, name } = AGENT;
    await this.#lab.kubectl(['scale', `--replicas=${replicas}`, '-n', namespace, `deployment/${name}`]);
    await this.#lab.waitFor(
      DEPLOYMENT,
      ({ metadata, status = {} }) =>
        status['observedGeneration'] === metadata.generation &&
        (status['replicas'] ?? 0) === replicas &&
        (status['readyReplicas'] ?? 0) === replicas,
      signal,
    );
    if (replicas > 0) return;
    const selector = `app.kubernetes.io/name=${name}`;
    await this.#lab.kubectl(['wait', '--for=delete', 'pod', '-n', namespace, '-l', selector]);
  }

  /** What its pods have logged. */
  async log(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { namespace, name } = AGENT;
    const text = await this.#lab.kubectl(['logs', '-n', namespace, `deployment/${name}`, '--tail=-1']);
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    await this.#address.close();
  }

  async #install(): Promise<readonly KubeObject[]> {
    const { namespace, name } = AGENT;
    const objects = parseAllDocuments(await this.#lab.kubectl(['kustomize', EXAMPLE])).map(
      (document) => document.toJS() as KubeObject,
    );
    await this.#apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...objects.filter(({ kind }) => kind !== 'RoleBinding' && kind !== 'Deployment'),
    ]);
    const { url, caFile, directory } = this.#lab;
    const file = join(directory, `${name}.kubeconfig`);
    const token = await this.#lab.serviceAccountToken(AGENT);
    const endpoint = { url, token, ca: await readFile(caFile, 'utf8') };
    await writeFile(file, kubeconfig(endpoint, name), { mode: 0o600 });
    const deployments = objects.filter(({ kind }) => kind === 'Deployment');
    await this.#apply(deployments.map((one) => this.#onThisMachine(one, file)));
    return objects;
  }

  async #apply(items: readonly KubeObject[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await this.#lab.kubectl(['apply', '--server-side', '-f', '-'], list);
  }

  /** Pods share the machine's files and ports here: the program, its account and its ports are not where a container has them. */
  #onThisMachine(deployment: KubeObject, file: string): KubeObject {
    const spec = deployment.spec as { template: { spec: { containers: Record<string, unknown>[] } } };
    const containers = spec.template.spec.containers.map(({ command: _, ...container }) => {
      this.#images[String(container['image'])] = ['node', this.#program, 'agent', `--kubeconfig=${file}`];
      return { ...container, args: ['--port=$(PORT_HTTP)', '--grpc-port=$(PORT_GRPC)'] };
    });
    const template = { ...spec.template, spec: { ...spec.template.spec, containers } };
    return { ...deployment, spec: { ...spec, replicas: 0, template } };
  }
}
