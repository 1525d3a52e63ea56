import { notTheAPI } from './answer.ts';
import type { Client } from './client.ts';
import { GitHubError } from './errors.ts';
import type { TreeEntry, WrittenFile } from './fix.ts';

/** A commit and the tree that it stands for. */
export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly message: string;
  /** As it was made at first: not amended, rebased or picked from elsewhere since. */
  readonly isFirstMade: boolean;
}

/** The Git data of one repository: what a commit without a clone needs. Its calls throw GitHubError. */
export interface Git {
  defaultBranch(): Promise<string>;
  /** The commit that a branch points to; undefined when there is no such branch. */
  branch(name: string): Promise<Commit | undefined>;
  /** What a tree has at each of these paths. */
  entries(tree: string, paths: readonly string[]): Promise<ReadonlyMap<string, TreeEntry>>;
  /** Writes files over a tree; resolves to the new tree. */
  write(tree: string, files: readonly WrittenFile[]): Promise<string>;
  commit(message: string, tree: string, parents: readonly string[]): Promise<string>;
  createBranch(name: string, commit: string): Promise<void>;
  /** Moves a branch forward to a descendant of its commit. */
  moveBranch(name: string, commit: string): Promise<void>;
}

/** A file that is longer is not changed. */
const MAX_BLOB_BYTES = 1024 * 1024;
/** Git's modes of tree entries (gitformat-index(5)). */
const KINDS: Readonly<Record<string, TreeEntry['kind']>> = {
  '100644': 'file',
  '100755': 'file',
  '040000': 'folder',
  '120000': 'symlink',
  '160000': 'submodule',
};

interface RawEntry {
  readonly path: string;
  readonly mode: string;
  readonly sha: string;
  readonly size: number;
}

/** A folder as it is listed, and what is to be said of what its list lacks. */
interface Folder {
  readonly entries: readonly RawEntry[];
  readonly missing: 'absent' | 'unlisted';
}

/** The Git data of a client's repository. */
export function gitOf(client: Client): Git {
  const shaAt = (data: unknown, ...keys: readonly string[]): string => {
    let value: unknown = data;
    for (const key of keys) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
    if (typeof value === 'string' && value !== '') return value;
    throw notTheAPI(client);
  };
  const folder = async (tree: string): Promise<Folder> => {
    const data = await client.request('GET /git/trees/{tree_sha}', { tree_sha: tree });
    const { tree: listed, truncated } = (data ?? {}) as Readonly<Record<string, unknown>>;
    if (!Array.isArray(listed)) throw notTheAPI(client);
    const entries = listed.map((entry: Readonly<Record<string, unknown>> | null) => ({
      path: String(entry?.['path']),
      mode: String(entry?.['mode']),
      sha: String(entry?.['sha']),
      size: Number(entry?.['size'] ?? 0),
    }));
    return { entries, missing: truncated === true ? 'unlisted' : 'absent' };
  };
  const file = async ({ mode, sha, size }: RawEntry): Promise<TreeEntry> => {
    if (size > MAX_BLOB_BYTES) return { kind: 'tooLarge' };
    const data = await client.request('GET /git/blobs/{file_sha}', { file_sha: sha });
    const { content, encoding } = (data ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof content !== 'string') throw notTheAPI(client);
    const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
    const text = bytes.toString('utf8');
    if (text.includes('\0') || !Buffer.from(text, 'utf8').equals(bytes)) return { kind: 'binary' };
    return { kind: 'file', mode: mode === '100755' ? '100755' : '100644', content: text };
  };
  return {
    async defaultBranch() {
      return shaAt(await client.request('GET '), 'default_branch');
    },
    async branch(name) {
      const ref = await client.request('GET /git/ref/{ref}', { ref: `heads/${name}` }).catch(unlessMissing);
      if (ref === undefined) return undefined;
      const sha = shaAt(ref, 'object', 'sha');
      const commit = await client.request('GET /git/commits/{commit_sha}', { commit_sha: sha });
      return { sha, tree: shaAt(commit, 'tree', 'sha'), ...historyOf(commit) };
    },
    async entries(tree, paths) {
      const found = new Map<string, TreeEntry>();
      const folders = new Map<string, Folder>([['', await folder(tree)]]);
      for (const path of [...paths].sort((a, b) => a.length - b.length)) {
        const at = path.lastIndexOf('/');
        const siblings = folders.get(at < 0 ? '' : path.slice(0, at));
        const entry = siblings?.entries.find((one) => one.path === path.slice(at + 1));
        const kind = entry === undefined ? (siblings?.missing ?? 'absent') : (KINDS[entry.mode] ?? 'binary');
        if (entry !== undefined && kind === 'folder' && paths.some((other) => other.startsWith(`${path}/`))) {
          folders.set(path, await folder(entry.sha));
        }
        found.set(path, entry !== undefined && kind === 'file' ? await file(entry) : ({ kind } as TreeEntry));
      }
      return found;
    },
    async write(tree, files) {
      const entries = [];
      for (const { path, mode, content } of files) {
        const blob = await client.request('POST /git/blobs', { content, encoding: 'utf-8' });
        entries.push({ path, mode, type: 'blob', sha: shaAt(blob, 'sha') });
      }
      return shaAt(await client.request('POST /git/trees', { base_tree: tree, tree: entries }), 'sha');
    },
    async commit(message, tree, parents) {
      return shaAt(
        await client.request('POST /git/commits', { message, tree, parents: [...parents] }),
        'sha',
      );
    },
    async createBranch(name, commit) {
      await client.request('POST /git/refs', { ref: `refs/heads/${name}`, sha: commit }, 'once');
    },
    async moveBranch(name, commit) {
      await client.request('PATCH /git/refs/{ref}', { ref: `heads/${name}`, sha: commit, force: false });
    },
  };
}

/** What a commit says of itself. Whoever makes it anew becomes its committer, at another time (git-commit(1)). */
function historyOf(commit: unknown): Pick<Commit, 'message' | 'isFirstMade'> {
  const { message, author, committer } = (commit ?? {}) as Readonly<Record<string, unknown>>;
  const [written, made] = [author, committer] as readonly ({ readonly date?: unknown } | null | undefined)[];
  return { message: typeof message === 'string' ? message : '', isFirstMade: written?.date === made?.date };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof GitHubError && error.status === 404) return undefined;
  throw error;
}
