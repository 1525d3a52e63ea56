import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');

let building: Promise<string> | undefined;

/** The folder of all bundles, by the recipe they are shipped by; built once in this process, with the packages that are installed. */
export function buildBundles(): Promise<string> {
  const args = ['--old-file=node_modules/.installed', 'build'];
  building ??= promisify(execFile)('make', args, { cwd: root }).then(() => join(root, 'build'));
  return building;
}

/** The plugin in one file. */
export async function buildPluginBundle(): Promise<string> {
  return join(await buildBundles(), 'plugin.mjs');
}
