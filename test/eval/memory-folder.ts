import type { Folder, FolderEntry } from '../../operator/bundle/index.ts';

/** The files of a bundle by path. */
export type Files = Readonly<Record<string, string>>;

/** A bundle that is nowhere on disk, for the reader that reads real ones. */
export function memoryFolder(name: string, files: Files): Folder {
  const folders = new Map<string, Map<string, FolderEntry['type']>>([['', new Map()]]);
  for (const path of Object.keys(files)) {
    const parts = path.split('/');
    for (const [depth, part] of parts.entries()) {
      const parent = parts.slice(0, depth).join('/');
      const entries = folders.get(parent) ?? new Map<string, FolderEntry['type']>();
      folders.set(parent, entries.set(part, depth === parts.length - 1 ? 'file' : 'folder'));
    }
  }
  const bytes = (path: string): Buffer => Buffer.from(files[path] ?? '');
  return {
    name,
    list: (path) => {
      const entries = folders.get(path);
      return Promise.resolve(
        entries === undefined ? undefined : [...entries].map(([entry, type]) => ({ name: entry, type })),
      );
    },
    size: (path) => Promise.resolve(bytes(path).length),
    read: (path) => Promise.resolve(bytes(path)),
    async *stream(path) {
      yield bytes(path);
    },
  };
}
