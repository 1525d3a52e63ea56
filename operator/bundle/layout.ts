import { CodedError } from '../../crds/errors.ts';
import type { Side } from '../model.ts';
import { COLLECTED_FILE } from './collected.ts';
import { type Folder, type FolderEntry, pathIn } from './folder.ts';

/** One log of a bundle; paths are relative to it. */
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
  readonly collectedJson?: string;
  /** Files that are no part of a bundle, relative to it. */
  readonly strangers: readonly string[];
}

/**
 * Finds the files of a bundle. Hidden files are passed over, `expected.json` and other files beside the two sides too.
 * @throws `BUNDLE_INVALID` when the directory cannot be read, has neither side, or holds something else where a
 * directory or file is expected.
 */
export async function readLayout(folder: Folder): Promise<BundleFiles> {
  const root = await list(folder, '');
  const sides = root.filter((entry) => entry.name === 'stable' || entry.name === 'canary');
  if (sides.length === 0) {
    throw new CodedError(
      'BUNDLE_INVALID',
      `${folder.name} is not a bundle: it has neither stable/ nor canary/`,
    );
  }
  for (const side of sides) {
    if (side.type !== 'folder')
      throw new CodedError('BUNDLE_INVALID', `${pathIn(folder, side.name)} must be a directory`);
  }
  const strangers: string[] = [];
  const has = (side: Side): boolean => sides.some((entry) => entry.name === side);
  const read = (side: Side): Promise<SideFiles> =>
    has(side) ? readSide(folder, side, strangers) : Promise.resolve({ pods: [] });
  const stable = await read('stable');
  const canary = await read('canary');
  const file = (name: string): string | undefined => {
    const entry = root.find((each) => each.name === name);
    if (entry !== undefined) mustBeFile(folder, name, entry);
    return entry?.name;
  };
  const changeJson = file('change.json');
  const collectedJson = file(COLLECTED_FILE);
  return {
    sides: { stable, canary },
    ...(changeJson === undefined ? {} : { changeJson }),
    ...(collectedJson === undefined ? {} : { collectedJson }),
    strangers,
  };
}

async function readSide(folder: Folder, side: Side, strangers: string[]): Promise<SideFiles> {
  const pods: PodFiles[] = [];
  let eventsJson: string | undefined;
  for (const entry of await list(folder, side)) {
    const path = `${side}/${entry.name}`;
    if (entry.name === 'events.json') {
      mustBeFile(folder, path, entry);
      eventsJson = path;
    } else if (entry.type === 'folder') pods.push(await readPod(folder, path, entry.name, strangers));
    else strangers.push(path);
  }
  return { pods, ...(eventsJson === undefined ? {} : { eventsJson }) };
}

async function readPod(folder: Folder, dir: string, name: string, strangers: string[]): Promise<PodFiles> {
  const logs: LogFile[] = [];
  let podJson: string | undefined;
  for (const entry of await list(folder, dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.type === 'folder') {
      throw new CodedError(
        'BUNDLE_INVALID',
        `${pathIn(folder, path)} must be a file: below a pod there are only files`,
      );
    }
    if (entry.name === 'pod.json') {
      mustBeFile(folder, path, entry);
      podJson = path;
    } else if (entry.name.endsWith('.log')) {
      mustBeFile(folder, path, entry);
      const stem = entry.name.slice(0, -'.log'.length);
      const previous = stem.endsWith('.previous');
      const container = previous ? stem.slice(0, -'.previous'.length) : stem;
      if (container === '')
        throw new CodedError('BUNDLE_INVALID', `${pathIn(folder, path)} names no container`);
      logs.push({ path, container, previous });
    } else strangers.push(path);
  }
  // The run before comes first, so that last records are those of the current run.
  logs.sort((a, b) => Number(b.previous) - Number(a.previous));
  return { name, logs, ...(podJson === undefined ? {} : { podJson }) };
}

/** A pipe would be read for ever, and a link may lead to what the bundle does not hold. */
function mustBeFile(folder: Folder, path: string, { type }: FolderEntry): void {
  if (type === 'file') return;
  const why = type === 'folder' ? 'it is a directory' : 'links, pipes and devices are not read';
  throw new CodedError('BUNDLE_INVALID', `${pathIn(folder, path)} must be a file: ${why}`);
}

async function list(folder: Folder, path: string): Promise<FolderEntry[]> {
  const entries = await folder.list(path);
  if (entries === undefined) throw new CodedError('BUNDLE_INVALID', `${pathIn(folder, path)} does not exist`);
  return entries.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}
