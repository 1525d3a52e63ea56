import { createReadStream, type Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../crds/errors.ts';

/** One name in a folder. `other` is what is neither: a link, a pipe, a device. */
export interface FolderEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'other';
}

/** Where the files of a bundle are. Paths are relative to it, with `/` between names and '' for itself. */
export interface Folder {
  /** What it is called in messages. */
  readonly name: string;
  /** What is in a folder, hidden files too, in any order; undefined when it does not exist. */
  list(path: string): Promise<readonly FolderEntry[] | undefined>;
  /** A file's size in bytes. */
  size(path: string): Promise<number>;
  read(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  stream(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** How a path of a folder is called in messages. */
export function pathIn(folder: Folder, path: string): string {
  return path === '' ? folder.name : join(folder.name, path);
}

/** A folder of the file system; links in it are not followed. */
export function diskFolder(dir: string): Folder {
  const at = (path: string): string => (path === '' ? dir : join(dir, path));
  return {
    name: dir,
    async list(path) {
      let entries: Dirent[];
      try {
        entries = await readdir(at(path), { withFileTypes: true });
      } catch (cause) {
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
        if (code === 'ENOENT') return undefined;
        const why = code === 'ENOTDIR' ? 'is not a directory' : `cannot be read (${code})`;
        throw new CodedError('BUNDLE_INVALID', `${at(path)} ${why}`, { cause });
      }
      return entries.map((entry) => ({
        name: entry.name,
        type: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other',
      }));
    },
    size: async (path) => (await stat(at(path))).size,
    read: (path, signal) => readFile(at(path), signal === undefined ? {} : { signal }),
    stream: (path, signal) =>
      createReadStream(at(path), { highWaterMark: 262_144, ...(signal === undefined ? {} : { signal }) }),
  };
}
