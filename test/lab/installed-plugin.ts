import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { assembleFolder, MOUNT } from '../../plugin/image/folder.ts';

const ENTRY = join(import.meta.dirname, '../../kustomize/components/argo-rollouts-plugin/config-map.yaml');

/** How the kustomize component has Argo Rollouts start the plugin: its executable and the arguments, as they are in its image. */
export async function registeredCommand(): Promise<string[]> {
  const [entry] = parse(parse(await readFile(ENTRY, 'utf8')).data.metricProviderPlugins) as [
    { location: string; args: string[] },
  ];
  return [new URL(entry.location).pathname, ...entry.args];
}

/**
 * Assembles the plugin's folder, loader and libraries and all, from the bundle.
 * @returns the command by which the kustomize component registers it, with the folder in the place of its mount.
 */
export async function installPlugin(folder: string, bundle: string): Promise<string[]> {
  await assembleFolder({ output: folder, node: process.execPath, bundle });
  return (await registeredCommand()).map((part) => part.replace(MOUNT, folder));
}
