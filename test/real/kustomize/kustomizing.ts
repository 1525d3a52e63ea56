import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../../crds/client/kubernetes-object.ts';
import { type ControlPlane, startControlPlane } from '../../lab/control-plane/control-plane.ts';

/** The root of the project. */
export const ROOT = join(import.meta.dirname, '../../..');
/** The kustomizations under test. */
export const BASE = join(ROOT, 'kustomize/base');
export const PLUGIN = join(ROOT, 'kustomize/components/argo-rollouts-plugin');
export const CHAOS = join(ROOT, 'kustomize/components/chaos');

/** A container as far as it is read here. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** A rendered object as far as it is read here. */
export interface Manifest extends KubernetesObject {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly subjects?: readonly { readonly name: string; readonly namespace?: string }[];
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly metadata: object;
      readonly spec: {
        readonly initContainers?: readonly Container[];
        readonly containers: readonly Container[];
      };
    };
  };
}

/** A control plane and a folder for kustomizations of users, which go over ours. */
export interface Kustomizing {
  readonly plane: ControlPlane;
  readonly folder: string;
  render(path: string): Promise<Manifest[]>;
  /** Writes a kustomization under that name and renders it; `to` gives the relative path by which it names a folder. */
  renderUser(name: string, content: (to: (path: string) => string) => string): Promise<Manifest[]>;
  stop(): Promise<void>;
}

/** Brings it up; building the control plane on first use takes some ten minutes. */
export async function startKustomizing(): Promise<Kustomizing> {
  const plane = await startControlPlane((line) => process.stdout.write(`    ${line}\n`));
  const folder = await mkdtemp(join(tmpdir(), 'kustomize-'));
  const render = async (path: string): Promise<Manifest[]> =>
    parseAllDocuments(await plane.kubectl(['kustomize', path])).map(
      (document) => document.toJS() as Manifest,
    );
  return {
    plane,
    folder,
    render,
    renderUser: async (name, content) => {
      const path = join(folder, name);
      await mkdir(path, { recursive: true });
      await writeFile(
        join(path, 'kustomization.yaml'),
        content((target) => relative(path, target)),
      );
      return await render(path);
    },
    stop: async () => {
      await plane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The first object of a kind whose name begins so. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((object) => object.kind === kind && object.metadata.name.startsWith(name));
  if (found === undefined) throw new Error(`no ${kind} ${name} was rendered`);
  return found;
}

/** Init containers first. */
export function containersOf({ spec }: Manifest): readonly Container[] {
  const pod = spec?.template?.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}

/** A pod as a Deployment would make it, in JSON. */
export function podOf(deployment: Manifest): string {
  const template = deployment.spec?.template;
  const { namespace } = deployment.metadata;
  const metadata = { ...template?.metadata, name: 'trial', namespace };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template?.spec });
}
