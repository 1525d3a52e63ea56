import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBundles } from '../bundles.ts';
import { installPlugin } from '../installed-plugin.ts';
import type { RealLab } from '../real-lab.ts';
import { CONTROLLER, type PluginRegistration } from './controller.ts';

/** Operator and command line start the worker, which lies beside them. */
const NAMES = ['plugin.mjs', 'operator.mjs', 'canary-analysis.mjs', 'distill-worker.mjs'] as const;
/** Where the bundled programs are. */
export interface Programs {
  readonly plugin: string;
  readonly operator: string;
  /** The command line. */
  readonly cli: string;
}

let reading: Promise<readonly Buffer[]> | undefined;

/**
 * Puts plugin, operator and command line, as they are shipped, into a folder. They are built once in this process: every
 * environment gets the same bytes, whatever is built meanwhile.
 */
export async function placePrograms(directory: string): Promise<Programs> {
  reading ??= buildBundles().then((folder) => Promise.all(NAMES.map((name) => readFile(join(folder, name)))));
  const [plugin, operator, cli] = [
    join(directory, NAMES[0]),
    join(directory, NAMES[1]),
    join(directory, NAMES[2]),
  ];
  const bytes = await reading;
  await Promise.all(NAMES.map((name, k) => writeFile(join(directory, name), bytes[k] ?? '')));
  return { plugin, operator, cli };
}

/**
 * How the controller is told to start the plugin, once for each name: as the kustomize component says, from its assembled
 * folder, and with a token of the controller's own account. The namespace and the account are made here, for the plugin may be
 * started at once.
 */
export async function registerPlugin(
  lab: RealLab,
  { plugin }: Programs,
  names: readonly string[],
): Promise<PluginRegistration[]> {
  const { namespace, name: account } = CONTROLLER;
  await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await lab.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: account } });
  const tokenFile = join(lab.directory, 'plugin.token');
  await writeFile(tokenFile, await lab.serviceAccountToken(CONTROLLER), { mode: 0o600 });
  const [executable = '', ...args] = await installPlugin(join(lab.directory, 'metric-ai'), plugin);
  const access = ['--api-server', lab.url, '--token-file', tokenFile, '--ca-file', lab.caFile];
  return names.map((name) => ({
    name,
    executable,
    args: [...args, ...access, '--namespace', namespace],
  }));
}
