import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '../../crds/errors.ts';
import { type Elf, readElf } from './elf.ts';
import { resolveInRoot } from './root-path.ts';

/** What a program needs beside itself. */
export interface Runtime {
  /** Path of the dynamic loader. */
  readonly loader: string;
  /** Paths of the libraries by the name they are asked for. */
  readonly libraries: ReadonlyMap<string, string>;
}

/** Where programs and libraries are looked for. */
export interface SearchOptions {
  /** The folder that stands for `/`: the root of a system of another architecture; default `/`. */
  readonly root?: string;
  /** Folders searched before the system's own. */
  readonly folders?: readonly string[];
}

/** What getaddrinfo opens while it runs where it is not yet part of libc.so.6 (glibc 2.34, release notes). */
const NAME_SERVICE = ['libnss_files.so.2', 'libnss_dns.so.2'];

/**
 * Finds the loader a program names and, from its NEEDED entries on, every library it is linked against.
 * @throws CodedError `CONFIG_INVALID` that names what is missing, who needs it and where it was looked for.
 */
export function findRuntime(program: string, options: SearchOptions = {}): Runtime {
  const root = options.root ?? '/';
  const elf = elfOf(program);
  if (elf.loader === undefined) {
    throw new CodedError('CONFIG_INVALID', `${program} names no dynamic loader: it is static or a library`);
  }
  if (!basename(elf.loader).startsWith('ld-linux')) {
    throw new CodedError('CONFIG_INVALID', `${program} names the loader ${elf.loader}, which is not glibc's`);
  }
  const loader = resolveInRoot(root, elf.loader);
  if (!existsSync(loader)) {
    throw new CodedError(
      'CONFIG_INVALID',
      `${program} names the loader ${elf.loader}: there is no ${join(root, elf.loader)}`,
    );
  }
  const system = systemFolders(elf.loader, elf.machine).map((folder) => join(root, folder));
  const libraries = new Map<string, string>();
  const queue = elf.needed.map((name) => ({ name, by: program, elf }));
  for (const { name, by, elf: user } of queue) {
    if (libraries.has(name) || name === basename(elf.loader)) continue;
    const own = user.runPath.map((folder) =>
      folder.startsWith('$ORIGIN') ? folder.replace('$ORIGIN', dirname(by)) : join(root, folder),
    );
    const folders = [...new Set([...own, ...(options.folders ?? []), ...system])];
    const found = find(name, folders, elf.machine, root);
    if (found === undefined) {
      throw new CodedError(
        'CONFIG_INVALID',
        `${by} needs ${name} for ${elf.machine}, which is in none of ${folders.join(', ')}`,
      );
    }
    libraries.set(name, found.path);
    queue.push(...found.elf.needed.map((next) => ({ name: next, by: found.path, elf: found.elf })));
    if (name === 'libc.so.6' && !readFileSync(found.path).includes('GLIBC_2.34')) {
      queue.push(...NAME_SERVICE.map((next) => ({ name: next, by: found.path, elf: found.elf })));
    }
  }
  return { loader, libraries };
}

/** The folders of Debian's, Red Hat's and the loader's own layout. */
function systemFolders(loader: string, machine: Elf['machine']): string[] {
  const triple = `${machine}-linux-gnu`;
  return [
    `/lib/${triple}`,
    `/usr/lib/${triple}`,
    '/lib64',
    '/usr/lib64',
    dirname(loader),
    '/lib',
    '/usr/lib',
  ];
}

/** The first file of that name and machine: on a system of several architectures one folder may hold another's. */
function find(
  name: string,
  folders: readonly string[],
  machine: Elf['machine'],
  root: string,
): { path: string; elf: Elf } | undefined {
  for (const candidate of name.includes('/') ? [name] : folders.map((folder) => join(folder, name))) {
    const inRoot = root !== '/' && candidate.startsWith(join(root, '/'));
    const path = inRoot ? resolveInRoot(root, candidate.slice(root.length)) : candidate;
    if (!existsSync(path)) continue;
    try {
      const elf = elfOf(path);
      if (elf.machine === machine) return { path, elf };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
    }
  }
  return undefined;
}

function elfOf(path: string): Elf {
  const file = openSync(path, 'r');
  try {
    return readElf(path, (offset, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    });
  } finally {
    closeSync(file);
  }
}
