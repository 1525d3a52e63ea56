import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RealLab } from '../../lab/real-lab.ts';
import { CONTROLLER, type PluginRegistration } from '../../lab/rollouts-controller.ts';
import { PLUGIN_NAMES } from '../../lab/system.ts';

const root = join(import.meta.dirname, '../../..');
/** The dynamic loaders of glibc by architecture; the image of Argo Rollouts has none, so the plugin brings its own. */
const LOADERS = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'];

let building: Promise<string> | undefined;

/** The plugin in one file, by the recipe it is shipped by; built once in this process, with the packages that are installed. */
export function buildPluginBundle(): Promise<string> {
  const args = ['--old-file=node_modules/.installed', 'build'];
  building ??= promisify(execFile)('make', args, { cwd: root }).then(() => join(root, 'build/plugin.mjs'));
  return building;
}

/**
 * How the controller is told to start the bundle: through the dynamic loader, as in its image, and with a token of the
 * controller's own account. The namespace and the account are made here, for the plugin may be started at once.
 */
export async function pluginRegistration(lab: RealLab): Promise<PluginRegistration> {
  const bundle = await buildPluginBundle();
  const { namespace, name } = CONTROLLER;
  await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await lab.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } });
  const tokenFile = join(lab.directory, 'plugin.token');
  await writeFile(tokenFile, await lab.serviceAccountToken(CONTROLLER), { mode: 0o600 });
  const access = ['--api-server', lab.url, '--token-file', tokenFile, '--ca-file', lab.caFile];
  const loader = LOADERS.find((path) => existsSync(path));
  const node = ['--max-old-space-size=96', bundle, ...access, '--namespace', namespace];
  return {
    name: PLUGIN_NAMES[0],
    executable: loader ?? process.execPath,
    args: loader === undefined ? node : [process.execPath, ...node],
  };
}
