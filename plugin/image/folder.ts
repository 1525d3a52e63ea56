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
 * The executable that takes no arguments. A shebang carries one argument and the loader needs two, where the libraries are
 * and what to start; but the kernel puts the path of a script that it starts between them. So this one is started by another
 * script, whose own path the loader reads as a list of folders: `/metric-ai/lib`, and one that is not there.
 * The host copies this file to a folder of its own before it starts it, hence the absolute paths.
 */
const SCRIPTS = {
  'metric-ai': `#!${MOUNT}/lib:/start ${MOUNT}/node\nimport('${MOUNT}/plugin.mjs');\n`,
  'lib:/start': `#!${MOUNT}/lib/ld.so --library-path\n`,
};

const CONTENT = ['lib', 'lib:', 'node', 'plugin.mjs', 'metric-ai'];

/**
 * Fills the folder the plugin runs from in an image that has no C library: `lib/ld.so` and exactly the libraries that
 * Node needs, `node`, `plugin.mjs`, and for where a host takes no arguments the executable `metric-ai` with its `lib:/start`.
 * All of it may be read by everyone. What an earlier call left is replaced; nothing is touched unless everything was found.
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
  for (const name of ['', 'lib', 'lib:']) {
    await mkdir(join(output, name), { recursive: true });
    await chmod(join(output, name), 0o755);
  }
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
  for (const [name, text] of Object.entries(SCRIPTS)) {
    await writeFile(join(output, name), text);
    await chmod(join(output, name), 0o755);
  }
  return [...files.map(([name]) => name), ...Object.keys(SCRIPTS)];
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
