import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleFolder } from '../../../plugin/image/folder.ts';
import { buildBundles } from '../../lab/bundles.ts';
import type { RealLab, ServiceAccount } from '../../lab/real-lab.ts';

const SERVICE_ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';

/** What of the Dockerfile's images and of a pod's volumes is made without a daemon: folders that stand for a container's root. */
export interface Roots {
  /** The image `plugin`, with an empty volume `/target`. */
  readonly plugin: string;
  /** The image `operator`, with its configuration and its account. */
  readonly operator: string;
  /** The stock image of Argo Rollouts with the volume under `/metric-ai` and its account. */
  readonly controller: string;
}

/** Makes the empty roots below a folder, the image `plugin` filled as the Dockerfile fills it. */
export async function makeRoots(folder: string): Promise<Roots> {
  await chmod(folder, 0o755);
  const [plugin, operator, controller] = ['plugin', 'operator', 'controller'].map((name) =>
    join(folder, name),
  );
  const roots = { plugin: plugin ?? '', operator: operator ?? '', controller: controller ?? '' };
  for (const root of Object.values(roots)) {
    await mkdir(join(root, 'tmp'), { recursive: true });
    await chmod(join(root, 'tmp'), 0o1777);
  }
  const bundle = join(await buildBundles(), 'plugin.mjs');
  await assembleFolder({ output: join(roots.plugin, 'metric-ai'), node: process.execPath, bundle });
  await mkdir(join(roots.plugin, 'target'));
  await chmod(join(roots.plugin, 'target'), 0o777);
  return roots;
}

/** Fills the operator's root: its bundles, a Node with its libraries in place of the base image's, and what is mounted. */
export async function fillOperator(
  { operator, plugin }: Roots,
  lab: RealLab,
  account: ServiceAccount,
  config: string,
): Promise<void> {
  const bundles = await buildBundles();
  await mkdir(join(operator, 'app'));
  for (const name of ['operator.mjs', 'distill-worker.mjs', 'canary-analysis.mjs'])
    await copyFile(join(bundles, name), join(operator, 'app', name));
  await cp(join(plugin, 'metric-ai'), join(operator, 'runtime'), { recursive: true });
  await mkdir(join(operator, 'etc/canary-analysis'), { recursive: true });
  await writeFile(join(operator, 'etc/canary-analysis/config.yaml'), config);
  await writeAccount(operator, lab, account);
}

/** Fills the controller's root: the stock program, and the volume that the init container has filled. */
export async function fillController(
  { controller, plugin }: Roots,
  lab: RealLab,
  account: ServiceAccount,
  program: string,
): Promise<void> {
  await copyFile(program, join(controller, 'rollouts-controller'));
  await cp(join(plugin, 'target'), join(controller, 'metric-ai'), { recursive: true });
  await mkdir(join(controller, 'plugin-bin'));
  await chmod(join(controller, 'plugin-bin'), 0o777);
  await writeAccount(controller, lab, account);
}

/** What the kubelet mounts for a ServiceAccount. */
async function writeAccount(root: string, lab: RealLab, account: ServiceAccount): Promise<void> {
  const folder = join(root, SERVICE_ACCOUNT);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'token'), await lab.serviceAccountToken(account));
  await copyFile(lab.caFile, join(folder, 'ca.crt'));
  await chmod(join(folder, 'ca.crt'), 0o644);
  await writeFile(join(folder, 'namespace'), account.namespace);
}
