import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** As many links as Linux follows (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * The real path of a file in a system whose root is a folder: an absolute link leads from that root, as it would for a program
 * that runs there. Debian's loader is such a link.
 * @returns a path outside of that view, below `root`; the given one where a part of it does not exist.
 */
export function resolveInRoot(root: string, path: string): string {
  let parts = path.split('/').filter((part) => part !== '');
  let at = '/';
  for (let links = 0; parts.length > 0; ) {
    const [part = '', ...rest] = parts;
    const next = join(at, part);
    const target = linkTarget(join(root, next));
    if (target === undefined) [at, parts] = [next, rest];
    else {
      links += 1;
      if (links > MAX_LINKS) return join(root, path);
      at = target.startsWith('/') ? '/' : dirname(next);
      parts = [...target.split('/').filter((name) => name !== ''), ...rest];
    }
  }
  return join(root, at);
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
