import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGoProgram, type GoProgram, hasGo, moduleFolder, type Progress } from './go-build.ts';

const modules = join(import.meta.dirname, 'modules');

/** The Kubernetes release the control plane is built from; the module pins it, kubectl needs it stamped. */
export const KUBERNETES_VERSION = 'v1.35.4';

/** The Argo Rollouts minors that are tested, newest first, with the release each module pins. */
export const ROLLOUTS_RELEASES = { '1.10': 'v1.10.1', '1.9': 'v1.9.2', '1.8': 'v1.8.5' } as const;

/** A minor of {@link ROLLOUTS_RELEASES}. */
export type RolloutsMinor = keyof typeof ROLLOUTS_RELEASES;

/** The minor that everything is tested on. */
export const NEWEST = '1.10' satisfies RolloutsMinor;

/** How to start a program: the executable and the arguments that come before its own. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** What a control plane is made of. */
export interface ControlPlanePrograms {
  readonly etcd: Command;
  readonly apiServer: Command;
  readonly controllerManager: Command;
  readonly kubectl: Command;
}

const NO_GO = 'It is built from source and there is no Go: install Go 1.26 or later (https://go.dev/dl)';

const CONTROL_PLANE: GoProgram = {
  name: 'control-plane',
  module: join(modules, 'kubernetes'),
  package: '.',
  about: 'etcd, kube-apiserver, kube-controller-manager and kubectl (some 8 minutes on two cores)',
  stamp: {
    'k8s.io/component-base/version.gitVersion': KUBERNETES_VERSION,
    'k8s.io/component-base/version.gitMajor': '1',
    'k8s.io/component-base/version.gitMinor': '35',
  },
};

/**
 * The programs of the control plane, built on first use. With `KUBEBUILDER_ASSETS` set, etcd, kube-apiserver and kubectl come from
 * that folder; the controller manager, which it does not hold, is built.
 * @throws Error that names the file missing from `KUBEBUILDER_ASSETS`, or says that there is no Go.
 */
export async function controlPlanePrograms(
  progress: Progress,
  signal?: AbortSignal,
): Promise<ControlPlanePrograms> {
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
  const given = await givenPrograms(assets);
  if (assets !== '' && !(await hasGo()))
    throw new Error(
      `KUBEBUILDER_ASSETS has etcd, kube-apiserver and kubectl, but no kube-controller-manager. ${NO_GO}`,
    );
  const about =
    assets === ''
      ? CONTROL_PLANE.about
      : `kube-controller-manager, which KUBEBUILDER_ASSETS does not hold, and what is in one program with it: ${CONTROL_PLANE.about}`;
  const file = await buildGoProgram({ ...CONTROL_PLANE, about }, progress, signal);
  const built = (name: string): Command => ({ file, args: [name] });
  return {
    etcd: given['etcd'] ?? built('etcd'),
    apiServer: given['kube-apiserver'] ?? built('kube-apiserver'),
    controllerManager: built('kube-controller-manager'),
    kubectl: given['kubectl'] ?? built('kubectl'),
  };
}

/** What a folder of envtest holds; nothing when there is none. */
async function givenPrograms(assets: string): Promise<Readonly<Record<string, Command>>> {
  if (assets === '') return {};
  const given: Record<string, Command> = {};
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) {
    const file = join(assets, name);
    await access(file).catch(() => {
      throw new Error(
        `KUBEBUILDER_ASSETS is ${assets}, but ${file} is missing: complete that folder or unset the variable`,
      );
    });
    given[name] = { file, args: [] };
  }
  return given;
}

/** The unmodified Argo Rollouts controller of one minor, built on first use. */
export async function rolloutsController(
  minor: RolloutsMinor,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Command> {
  const file = await buildGoProgram(
    {
      name: `rollouts-controller-${minor}`,
      module: join(modules, `rollouts-${minor}`),
      package: 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller',
      about: `the Argo Rollouts ${minor} controller (some 5 minutes on two cores)`,
    },
    progress,
    signal,
  );
  return { file, args: [] };
}

/** The command-line plugin of Argo Rollouts, whose executable is called `kubectl-argo-rollouts`; built on first use. */
export async function rolloutsKubectlPlugin(progress: Progress, signal?: AbortSignal): Promise<Command> {
  const file = await buildGoProgram(
    {
      name: 'kubectl-argo-rollouts',
      module: join(modules, 'kubectl-argo-rollouts'),
      package: 'github.com/argoproj/argo-rollouts/cmd/kubectl-argo-rollouts',
      about: 'kubectl-argo-rollouts (a minute, where the controller of the same release is built)',
    },
    progress,
    signal,
  );
  return { file, args: [] };
}

/** Prometheus without its web interface, which its module does not carry, and without discovery by clouds; built on first use. */
export async function prometheusServer(progress: Progress, signal?: AbortSignal): Promise<Command> {
  const file = await buildGoProgram(
    {
      name: 'prometheus',
      module: join(modules, 'prometheus'),
      package: 'github.com/prometheus/prometheus/cmd/prometheus',
      about: 'Prometheus (some 2 minutes on two cores)',
      tags: ['remove_all_sd'],
    },
    progress,
    signal,
  );
  return { file, args: [] };
}

/** The folder of the Argo Rollouts sources of one minor, with its manifests. */
export async function rolloutsModule(
  minor: RolloutsMinor,
  progress: Progress = () => undefined,
): Promise<string> {
  return moduleFolder(join(modules, `rollouts-${minor}`), 'github.com/argoproj/argo-rollouts', progress);
}
