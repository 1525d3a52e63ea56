import { createHash } from 'node:crypto';

/** An entry of a tree. */
export interface StoredEntry {
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly sha: string;
}

/** A commit. */
export interface StoredCommit {
  readonly message: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** Whether somebody made it anew from another one, and so is its committer at a later time. */
  readonly amended?: boolean;
}

/** A repository's objects, addressed by what they are, and its branches. */
export class GitStore {
  readonly blobs = new Map<string, Buffer>();
  readonly trees = new Map<string, ReadonlyMap<string, StoredEntry>>();
  readonly commits = new Map<string, StoredCommit>();
  /** `heads/main` and the commit it points to. */
  readonly refs = new Map<string, string>();

  /** Adds a commit with these files to a branch, which it makes where there is none; a value with `mode` is a link or a submodule. */
  seed(
    branch: string,
    files: Readonly<Record<string, string | { readonly mode: string; readonly target: string }>>,
  ): string {
    const parent = this.refs.get(`heads/${branch}`);
    let tree = this.commits.get(parent ?? '')?.tree ?? this.addTree(new Map());
    for (const [path, file] of Object.entries(files)) {
      const { mode, target } = typeof file === 'string' ? { mode: '100644', target: file } : file;
      const entry: StoredEntry =
        mode === '160000'
          ? { mode, type: 'commit', sha: target }
          : { mode, type: 'blob', sha: this.addBlob(Buffer.from(target)) };
      tree = this.#put(tree, path.split('/'), entry);
    }
    const commit = this.addCommit({ message: 'seed', tree, parents: parent === undefined ? [] : [parent] });
    this.refs.set(`heads/${branch}`, commit);
    return commit;
  }

  addBlob(content: Buffer): string {
    const sha = idOf('blob', content);
    this.blobs.set(sha, content);
    return sha;
  }

  addTree(entries: ReadonlyMap<string, StoredEntry>): string {
    const sorted = new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
    const sha = idOf('tree', Buffer.from(JSON.stringify([...sorted])));
    this.trees.set(sha, sorted);
    return sha;
  }

  addCommit(commit: StoredCommit): string {
    const sha = idOf('commit', Buffer.from(JSON.stringify(commit)));
    this.commits.set(sha, commit);
    return sha;
  }

  /** A tree over another, as `POST git/trees` with `base_tree` makes it. */
  overlay(base: string, entries: readonly (StoredEntry & { readonly path: string })[]): string {
    return entries.reduce((tree, { path, ...entry }) => this.#put(tree, path.split('/'), entry), base);
  }

  /** Whether a commit has the other among those before it. */
  descends(commit: string, ancestor: string): boolean {
    if (commit === ancestor) return true;
    return (this.commits.get(commit)?.parents ?? []).some((parent) => this.descends(parent, ancestor));
  }

  /** The text of a file of a branch; undefined where there is none. */
  read(branch: string, path: string): string | undefined {
    const commit = this.commits.get(this.refs.get(`heads/${branch}`) ?? '');
    let sha = commit?.tree;
    for (const part of path.split('/')) sha = this.trees.get(sha ?? '')?.get(part)?.sha;
    return sha === undefined ? undefined : this.blobs.get(sha)?.toString('utf8');
  }

  /** The paths of the files that a branch has otherwise than another, or alone. */
  changed(from: string, to: string): string[] {
    const [before, after] = [this.#files(from), this.#files(to)];
    return [...after].filter(([path, sha]) => before.get(path) !== sha).map(([path]) => path);
  }

  #files(branch: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const collect = (tree: string, above: string): void => {
      for (const [name, { type, sha }] of this.trees.get(tree) ?? []) {
        if (type === 'tree') collect(sha, `${above}${name}/`);
        else found.set(`${above}${name}`, sha);
      }
    };
    collect(this.commits.get(this.refs.get(`heads/${branch}`) ?? '')?.tree ?? '', '');
    return found;
  }

  #put(tree: string, [name = '', ...rest]: readonly string[], entry: StoredEntry): string {
    const entries = new Map(this.trees.get(tree));
    if (rest.length === 0) entries.set(name, entry);
    else {
      const below = entries.get(name);
      const folder = below?.type === 'tree' ? below.sha : this.addTree(new Map());
      entries.set(name, { mode: '040000', type: 'tree', sha: this.#put(folder, rest, entry) });
    }
    return this.addTree(entries);
  }
}

function idOf(kind: string, content: Buffer): string {
  return createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest('hex');
}
