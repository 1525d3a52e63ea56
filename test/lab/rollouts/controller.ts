import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../control-plane/go-build.ts';
import { type ManagedProcess, startProcess } from '../control-plane/managed-process.ts';
import { type RolloutsMinor, rolloutsController, rolloutsModule } from '../control-plane/programs.ts';
import { waitUntilReady } from '../control-plane/readiness.ts';
import { freePort } from '../free-port.ts';
import { kubeconfig } from '../kubeconfig.ts';
import type { RealLab } from '../real-lab.ts';

/** The namespace and the ServiceAccount of the Rollouts controller, as its own manifests name them. */
export const CONTROLLER = { namespace: 'argo-rollouts', name: 'argo-rollouts' } as const;

/** How the stock controller is told about the plugin. */
export interface PluginRegistration {
  readonly name: string;
  /** Absolute path of the executable that the controller copies and starts. */
  readonly executable: string;
  readonly args: readonly string[];
}

/** A running stock controller. */
export interface RolloutsController {
  /** Its log, the plugin's lines among it. */
  readonly logFile: string;
  readonly process: ManagedProcess;
  stop(): Promise<void>;
}

/**
 * Installs what the controller's manifests give it (account, role, binding, configuration) and starts the unmodified
 * program under that account; returns when it says that it is healthy.
 */
export async function startRolloutsController(
  lab: RealLab,
  options: {
    minor: RolloutsMinor;
    plugins: readonly PluginRegistration[];
    progress?: Progress;
    env?: Readonly<Record<string, string>>;
    /** Flags besides those that the lab gives; the last of a kind wins. */
    args?: readonly string[];
  },
): Promise<RolloutsController> {
  const { minor, plugins, progress = () => undefined, env = {}, args = [] } = options;
  const command = await rolloutsController(minor, progress);
  await installAccount(lab, minor);
  await registerPlugins(lab, plugins);
  const token = await lab.serviceAccountToken(CONTROLLER);
  const home = join(lab.directory, `rollouts-${Date.now()}`);
  await mkdir(home);
  const access = join(home, 'kubeconfig');
  const endpoint = { url: lab.url, token, ca: await readFile(lab.caFile, 'utf8') };
  await writeFile(access, kubeconfig(endpoint, CONTROLLER.name), { mode: 0o600 });
  const taken = new Set<number>();
  const [metrics, health] = [await freePort(taken), await freePort(taken)];
  const logFile = join(home, 'controller.log');
  const process = await startProcess(
    `rollouts-controller ${minor}`,
    command,
    [
      `--kubeconfig=${access}`,
      '--leader-elect=false',
      `--metricsport=${metrics}`,
      `--healthzPort=${health}`,
      '--loglevel=info',
      ...args,
    ],
    { logFile, cwd: home, env: { POD_NAMESPACE: CONTROLLER.namespace, ...env } },
  );
  try {
    await waitUntilReady(`http://127.0.0.1:${health}/healthz`, '', [process.died]);
  } catch (error) {
    await process.stop();
    throw error;
  }
  return { logFile, process, stop: () => process.stop() };
}

/** Makes the namespace, account and rights of the controller, from its own manifests. */
export async function installAccount(lab: RealLab, minor: RolloutsMinor): Promise<void> {
  const manifests = join(await rolloutsModule(minor), 'manifests');
  await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: CONTROLLER.namespace } });
  for (const file of [
    'base/argo-rollouts-sa.yaml',
    'role/argo-rollouts-clusterrole.yaml',
    'cluster-install/argo-rollouts-clusterrolebinding.yaml',
  ]) {
    await lab.kubectl(['apply', '-n', CONTROLLER.namespace, '-f', join(manifests, file)]);
  }
}

async function registerPlugins(lab: RealLab, plugins: readonly PluginRegistration[]): Promise<void> {
  const registrations = plugins.map(({ name, executable, args }) => ({
    name,
    location: `file://${executable}`,
    args,
  }));
  await lab.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: CONTROLLER.namespace, name: 'argo-rollouts-config' },
    data: { metricProviderPlugins: JSON.stringify(registrations) },
  });
}
