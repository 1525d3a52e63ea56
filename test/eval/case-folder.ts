import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Verdict } from '../../crds/v1alpha1/status.ts';
import { diskFolder } from '../../operator/bundle/index.ts';
import type { Case } from './case.ts';

/** Folders below which bundles are looked for. */
const MAX_DEPTH = 4;

/** Bundles on disk, and how to be rid of what was unpacked for them. */
export interface CaseFolder {
  /** What the names of the cases are relative to. */
  readonly root: string;
  /** The folder of each bundle, in order. */
  readonly dirs: readonly string[];
  readonly dispose: () => Promise<void>;
}

interface Expected {
  readonly expected?: readonly Verdict[];
  readonly class?: string;
  readonly errorLines?: readonly string[];
}

/**
 * The bundles in a folder or in a tar archive, which is unpacked into a temporary folder.
 * @throws Error naming the path, when it is neither or holds no bundle.
 */
export async function openCases(path: string): Promise<CaseFolder> {
  if (!existsSync(path))
    throw new Error(`${path} does not exist: CASES names a folder of bundles, or a tar archive of one`);
  let root = path;
  let dispose = (): Promise<void> => Promise.resolve();
  if ((await stat(path)).isFile()) {
    const unpacked = await mkdtemp(join(tmpdir(), 'eval-cases-'));
    root = unpacked;
    dispose = () => rm(unpacked, { recursive: true, force: true });
    try {
      await promisify(execFile)('tar', ['-xf', path, '-C', root]);
    } catch (cause) {
      await dispose();
      throw new Error(`${path} could not be unpacked: is it a tar archive?`, { cause });
    }
  }
  const dirs = await bundlesIn(root, MAX_DEPTH);
  if (dirs.length === 0) {
    await dispose();
    throw new Error(`${path} holds no bundle: a folder with stable/ or canary/`);
  }
  return { root, dirs: dirs.sort(), dispose };
}

async function bundlesIn(dir: string, depth: number): Promise<string[]> {
  const folders = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  if (folders.some(({ name }) => name === 'stable' || name === 'canary')) return [dir];
  if (depth === 0) return [];
  return (await Promise.all(folders.map(({ name }) => bundlesIn(join(dir, name), depth - 1)))).flat();
}

/** A bundle and what its `expected.json` says of it. Without one it is of class `unknown` and only measured. */
export async function readCase(root: string, dir: string): Promise<Case> {
  const file = join(dir, 'expected.json');
  const known = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Expected) : {};
  return {
    name: dir.slice(root.length + 1),
    class: known.class ?? 'unknown',
    expected: known.expected ?? [],
    bundle: diskFolder(dir),
    ...(known.errorLines === undefined ? {} : { errorLines: known.errorLines }),
  };
}
