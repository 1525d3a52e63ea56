import { constants } from 'node:fs';
import { access, chmod, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../crds/errors.ts';
import { findRuntime, type SearchOptions } from './libraries.ts';

/** Where the folder is mounted: written into the executable that takes no arguments, and into the entry of the ConfigMap. */
export const MOUNT = '/metric-ai';

/** What goes into the folder. */
export interface FolderOptions extends SearchOptions {
  /** The folder to fill; made when it is not there. */
  readonly output: string;
  /** The Node program, linked against glibc. */
  readonly node: string;
  /** The plugin in one file. */
  readonly bundle: string;
}

/**
 * A shebang carries one argument, so this one depends on LD_LIBRARY_PATH. The host copies the file to a folder of its own
 * before it starts it, hence the absolute path.
 */
const EXECUTABLE = `#!${MOUNT}/lib/ld.so ${MOUNT}/node\nimport('${MOUNT}/plugin.mjs');\n`;

const CONTENT = ['lib', 'node', 'plugin.mjs', 'metric-ai'];

/**
 * Fills the folder the plugin runs from in an image that has no C library: `lib/ld.so` and exactly the libraries that
 * Node needs, `node`, `plugin.mjs`, and `metric-ai`, the executable for where a host takes no arguments. All of it may be
 * read by everyone. What an earlier call left is replaced; nothing is touched unless everything was found.
 * @returns the paths written, relative to the folder.
 * @throws CodedError `CONFIG_INVALID` that names what is missing, or what the folder holds that is not of its kind.
 */
export async function assembleFolder(options: FolderOptions): Promise<string[]> {
  const { output, node, bundle } = options;
  await readable(node, 'the Node program', 'name one with --node');
  await readable(bundle, 'the plugin', 'run make build, or name it with --bundle');
  const { loader, libraries } = findRuntime(node, options);
  const foreign = (await entriesOf(output)).find((name) => !CONTENT.includes(name));
  if (foreign !== undefined) {
    throw new CodedError(
      'CONFIG_INVALID',
      `${output} holds ${foreign}: name a folder that is empty or was assembled before`,
    );
  }
  await mkdir(join(output, 'lib'), { recursive: true });
  for (const name of CONTENT) await rm(join(output, name), { recursive: true, force: true });
  await mkdir(join(output, 'lib'));
  for (const folder of [output, join(output, 'lib')]) await chmod(folder, 0o755);
  const files: [name: string, source: string, mode: number][] = [
    ['lib/ld.so', loader, 0o755],
    ...[...libraries].map(([name, path]): [string, string, number] => [`lib/${name}`, path, 0o644]),
    ['node', node, 0o755],
    ['plugin.mjs', bundle, 0o644],
  ];
  for (const [name, source, mode] of files) {
    await copyFile(source, join(output, name), constants.COPYFILE_FICLONE);
    await chmod(join(output, name), mode);
  }
  await writeFile(join(output, 'metric-ai'), EXECUTABLE);
  await chmod(join(output, 'metric-ai'), 0o755);
  return [...files.map(([name]) => name), 'metric-ai'];
}

async function readable(path: string, what: string, remedy: string): Promise<void> {
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new CodedError('CONFIG_INVALID', `${what} cannot be read at ${path}: ${remedy}`, { cause });
  });
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CodedError('CONFIG_INVALID', `${folder} is not a folder that can be read`, { cause });
  }
}
