import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../crds/errors.ts';
import type { Side } from '../model.ts';

/** One log of a bundle. */
export interface LogFile {
  readonly path: string;
  readonly container: string;
  readonly previous: boolean;
}

/** What a bundle has of one pod. */
export interface PodFiles {
  readonly name: string;
  readonly logs: readonly LogFile[];
  readonly podJson?: string;
}

/** What a bundle has of one side. */
export interface SideFiles {
  readonly pods: readonly PodFiles[];
  readonly eventsJson?: string;
}

/** The files of a bundle. */
export interface BundleFiles {
  readonly sides: Readonly<Record<Side, SideFiles>>;
  readonly changeJson?: string;
  /** Files that are no part of a bundle, relative to it. */
  readonly strangers: readonly string[];
}

/**
 * Finds the files of a bundle. Hidden files are passed over, `expected.json` and other files beside the two sides too.
 * @throws `BUNDLE_INVALID` when the directory cannot be read, has neither side, or holds something else where a
 * directory or file is expected.
 */
export async function readLayout(dir: string): Promise<BundleFiles> {
  const root = await list(dir);
  const sides = root.filter((entry) => entry.name === 'stable' || entry.name === 'canary');
  if (sides.length === 0) {
    throw new CodedError('BUNDLE_INVALID', `${dir} is not a bundle: it has neither stable/ nor canary/`);
  }
  for (const side of sides) {
    if (!side.isDirectory())
      throw new CodedError('BUNDLE_INVALID', `${join(dir, side.name)} must be a directory`);
  }
  const strangers: string[] = [];
  const has = (side: Side): boolean => sides.some((entry) => entry.name === side);
  const read = (side: Side): Promise<SideFiles> =>
    has(side) ? readSide(dir, side, strangers) : Promise.resolve({ pods: [] });
  const stable = await read('stable');
  const canary = await read('canary');
  const change = root.some((entry) => entry.name === 'change.json');
  return {
    sides: { stable, canary },
    ...(change ? { changeJson: join(dir, 'change.json') } : {}),
    strangers,
  };
}

async function readSide(dir: string, side: Side, strangers: string[]): Promise<SideFiles> {
  const pods: PodFiles[] = [];
  let eventsJson: string | undefined;
  for (const entry of await list(join(dir, side))) {
    if (entry.isDirectory()) pods.push(await readPod(dir, side, entry.name, strangers));
    else if (entry.name === 'events.json') eventsJson = join(dir, side, entry.name);
    else strangers.push(`${side}/${entry.name}`);
  }
  return { pods, ...(eventsJson === undefined ? {} : { eventsJson }) };
}

async function readPod(dir: string, side: Side, name: string, strangers: string[]): Promise<PodFiles> {
  const logs: LogFile[] = [];
  let podJson: string | undefined;
  for (const entry of await list(join(dir, side, name))) {
    const path = join(dir, side, name, entry.name);
    if (entry.isDirectory()) {
      throw new CodedError('BUNDLE_INVALID', `${path} must be a file: below a pod there are only files`);
    }
    if (entry.name === 'pod.json') podJson = path;
    else if (entry.name.endsWith('.log')) {
      const stem = entry.name.slice(0, -'.log'.length);
      const previous = stem.endsWith('.previous');
      const container = previous ? stem.slice(0, -'.previous'.length) : stem;
      if (container === '') throw new CodedError('BUNDLE_INVALID', `${path} names no container`);
      logs.push({ path, container, previous });
    } else strangers.push(`${side}/${name}/${entry.name}`);
  }
  // The run before comes first, so that last records are those of the current run.
  logs.sort((a, b) => Number(b.previous) - Number(a.previous));
  return { name, logs, ...(podJson === undefined ? {} : { podJson }) };
}

async function list(dir: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'ENOTDIR'
          ? 'is not a directory'
          : `cannot be read (${code})`;
    throw new CodedError('BUNDLE_INVALID', `${dir} ${why}`, { cause });
  }
}
