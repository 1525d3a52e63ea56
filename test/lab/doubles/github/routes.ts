import type { StoredCommit, StoredEntry } from './git-store.ts';
import {
  nextNumber,
  type StoredAccount,
  type StoredComment,
  type StoredIssue,
  type StoredPull,
  type StoredRepository,
} from './stored.ts';

/** A request to one repository. */
export interface Asked {
  readonly repository: StoredRepository;
  /** `acme/shop`. */
  readonly name: string;
  /** Where the double answers. */
  readonly url: string;
  /** Where its pages would be. */
  readonly webURL: string;
  /** Whose the token is. */
  readonly account: StoredAccount;
  readonly values: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly input: Readonly<Record<string, unknown>>;
  /** RFC 3339. */
  readonly now: string;
}

/** What a request comes to: a status and the fields that matter; the double fills in the others that GitHub always sends. */
export type Outcome =
  | { readonly status: number; readonly fields: object | readonly object[]; readonly more?: boolean }
  | { readonly refused: number; readonly message: string };

type Route = (asked: Asked) => Outcome;

/** What the double does, by route below `/repos/{owner}/{repo}`. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'GET ': ({ repository, name }) => ({
    status: 200,
    fields: { default_branch: repository.defaultBranch, full_name: name, has_issues: repository.hasIssues },
  }),

  'GET /issues': (asked) => {
    const { repository, query } = asked;
    const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
    const state = query.get('state') ?? 'open';
    const since = query.get('since');
    const at = (issue: StoredIssue): number => Date.parse(issue.updatedAt ?? issue.createdAt);
    const matching = repository.issues
      .filter((issue) => state === 'all' || issue.state === state)
      .filter((issue) => labels.every((label) => issue.labels.includes(label)))
      .filter((issue) => since === null || at(issue) >= Date.parse(since))
      .sort((a, b) => at(b) - at(a) || b.number - a.number);
    return paged(query, matching, (issue) => publicIssue(asked, issue));
  },

  'POST /issues': (asked) => {
    const { repository, input, now } = asked;
    if (!repository.hasIssues) return { refused: 410, message: 'Issues are disabled for this repo' };
    if (typeof input['title'] !== 'string' || input['title'] === '') return invalid();
    const issue: StoredIssue = {
      number: nextNumber(repository),
      title: input['title'],
      body: String(input['body'] ?? ''),
      labels: repository.mayLabel ? ((input['labels'] ?? []) as string[]) : [],
      createdAt: now,
      updatedAt: now,
      state: 'open',
      comments: [],
    };
    repository.issues.push(issue);
    return { status: 201, fields: publicIssue(asked, issue) };
  },

  'GET /issues/{issue_number}': (asked) =>
    ofIssue(asked, (issue) => ({ status: 200, fields: publicIssue(asked, issue) })),

  'PATCH /issues/{issue_number}': (asked) =>
    ofIssue(asked, (issue) => {
      const { body, state } = asked.input as { body?: string; state?: 'open' | 'closed' };
      if (body !== undefined) issue.body = body;
      if (state !== undefined) issue.state = state;
      issue.updatedAt = asked.now;
      return { status: 200, fields: publicIssue(asked, issue) };
    }),

  'GET /issues/{issue_number}/comments': (asked) =>
    ofIssue(asked, ({ number, comments = [] }) => {
      const since = asked.query.get('since');
      const matching = comments.filter(({ updatedAt }) => since === null || updatedAt >= since);
      return paged(asked.query, matching, (comment) => publicComment(asked, number, comment));
    }),

  'POST /issues/{issue_number}/comments': (asked) =>
    ofIssue(asked, (issue) => {
      const { comments = [] } = issue;
      const comment = { id: comments.length + 1, body: String(asked.input['body']), updatedAt: asked.now };
      comments.push(comment);
      issue.updatedAt = asked.now;
      return { status: 201, fields: publicComment(asked, issue.number, comment) };
    }),

  'GET /git/ref/{ref}': ({ repository, values: { ref = '' } }) => {
    const { refs, commits } = repository.git;
    if (commits.size === 0) return { refused: 409, message: 'Git Repository is empty.' };
    const sha = refs.get(ref);
    return sha === undefined ? missing() : { status: 200, fields: publicRef(ref, sha) };
  },

  'POST /git/refs': ({ repository, input }) => {
    const ref = String(input['ref']);
    const sha = String(input['sha']);
    if (!ref.startsWith('refs/heads/') || /\.\.|[ ~^:?*[\\]|\.lock$/.test(ref)) return invalid();
    const short = ref.slice('refs/'.length);
    if (repository.git.refs.has(short)) return { refused: 422, message: 'Reference already exists' };
    if (!repository.git.commits.has(sha)) return { refused: 422, message: 'Object does not exist' };
    repository.git.refs.set(short, sha);
    return { status: 201, fields: publicRef(short, sha) };
  },

  'PATCH /git/refs/{ref}': ({ repository, values: { ref = '' }, input }) => {
    const sha = String(input['sha']);
    const before = repository.git.refs.get(ref);
    if (before === undefined) return { refused: 422, message: 'Reference does not exist' };
    if (input['force'] !== true && !repository.git.descends(sha, before)) {
      return { refused: 422, message: 'Update is not a fast forward' };
    }
    repository.git.refs.set(ref, sha);
    return { status: 200, fields: publicRef(ref, sha) };
  },

  'GET /git/commits/{commit_sha}': ({ repository, values: { commit_sha: sha = '' } }) => {
    const commit = repository.git.commits.get(sha);
    return commit === undefined ? missing() : { status: 200, fields: publicCommit(sha, commit) };
  },

  'POST /git/commits': ({ repository, input }) => {
    const { message, tree, parents } = input as { message: string; tree: string; parents: string[] };
    if (!repository.git.trees.has(tree)) return { refused: 422, message: 'Tree SHA does not exist' };
    if (parents.some((parent) => !repository.git.commits.has(parent))) return invalid();
    const commit = { message, tree, parents };
    return { status: 201, fields: publicCommit(repository.git.addCommit(commit), commit) };
  },

  'GET /git/trees/{tree_sha}': ({ repository, values: { tree_sha: sha = '' } }) =>
    publicTree(repository, sha, 200),

  'POST /git/trees': ({ repository, input }) => {
    const { base_tree, tree } = input as { base_tree: string; tree: (StoredEntry & { path: string })[] };
    if (!repository.git.trees.has(base_tree))
      return { refused: 422, message: 'base_tree is not a valid tree oid' };
    if (tree.some(({ path }) => path.startsWith('/') || path.split('/').includes('..'))) {
      return { refused: 422, message: 'tree.path contains a malformed path component' };
    }
    if (tree.some(({ sha }) => !repository.git.blobs.has(sha)))
      return { refused: 422, message: 'tree.sha is not valid' };
    return publicTree(repository, repository.git.overlay(base_tree, tree), 201);
  },

  'GET /git/blobs/{file_sha}': ({ repository, values: { file_sha: sha = '' } }) => {
    const content = repository.git.blobs.get(sha);
    if (content === undefined) return missing();
    const lines = content.toString('base64').replace(/.{60}/g, '$&\n');
    return { status: 200, fields: { sha, size: content.length, encoding: 'base64', content: lines } };
  },

  'POST /git/blobs': ({ repository, input }) => {
    const { content, encoding } = input as { content: string; encoding?: string };
    const sha = repository.git.addBlob(Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8'));
    return { status: 201, fields: { sha } };
  },

  'GET /pulls': (asked) => {
    const { repository, query, name } = asked;
    const head = query.get('head');
    const state = query.get('state') ?? 'open';
    const matching = repository.pulls
      .filter((pull) => state === 'all' || pull.state === state)
      .filter((pull) => head === null || `${name.split('/')[0]}:${pull.head}` === head)
      .sort((a, b) => b.number - a.number);
    return paged(query, matching, (pull) => publicPull(asked, pull));
  },

  'POST /pulls': (asked) => {
    const { repository, input, now } = asked;
    const { title, body = '', head, base } = input as Record<'title' | 'body' | 'head' | 'base', string>;
    const { refs } = repository.git;
    if (!refs.has(`heads/${head}`) || !refs.has(`heads/${base}`)) return invalid();
    if (refs.get(`heads/${head}`) === refs.get(`heads/${base}`))
      return { refused: 422, message: 'No commits between' };
    if (repository.pulls.some((pull) => pull.state === 'open' && pull.head === head && pull.base === base)) {
      return { refused: 422, message: 'A pull request already exists' };
    }
    const pull: StoredPull = {
      ...{ number: nextNumber(repository), title, body, head, base },
      ...{ state: 'open', merged: false, createdAt: now },
    };
    repository.pulls.push(pull);
    return { status: 201, fields: publicPull(asked, pull) };
  },

  'PATCH /pulls/{pull_number}': (asked) => {
    const pull = asked.repository.pulls.find(({ number }) => String(number) === asked.values['pull_number']);
    if (pull === undefined) return missing();
    const { title = pull.title, body = pull.body } = asked.input as { title?: string; body?: string };
    Object.assign(pull, { title, body });
    return { status: 200, fields: publicPull(asked, pull) };
  },
};

function missing(): Outcome {
  return { refused: 404, message: 'Not Found' };
}

function invalid(): Outcome {
  return { refused: 422, message: 'Validation Failed' };
}

function ofIssue({ repository, values }: Asked, act: (issue: StoredIssue) => Outcome): Outcome {
  if (!repository.hasIssues) return { refused: 410, message: 'Issues are disabled for this repo' };
  const issue = repository.issues.find(({ number }) => String(number) === values['issue_number']);
  return issue === undefined ? missing() : act(issue);
}

function paged<T>(query: URLSearchParams, matching: readonly T[], show: (item: T) => object): Outcome {
  const perPage = Math.min(Number(query.get('per_page') ?? 30), 100);
  const page = Number(query.get('page') ?? 1);
  return {
    status: 200,
    fields: matching.slice((page - 1) * perPage, page * perPage).map(show),
    more: matching.length > page * perPage,
  };
}

/** An account as GitHub shows it everywhere. */
export function publicAccount({ login, type }: StoredAccount): object {
  const url = `https://api.github.com/users/${encodeURIComponent(login)}`;
  const lists = ['events', 'followers', 'following', 'gists', 'organizations', 'received_events', 'repos'];
  const urls = [...lists, 'starred', 'subscriptions'].map((list) => [`${list}_url`, `${url}/${list}`]);
  return {
    ...{ login, type, id: 1, node_id: 'node', gravatar_id: '', site_admin: false, url },
    ...{ avatar_url: `${url}/avatar`, html_url: `https://github.com/${encodeURIComponent(login)}` },
    ...Object.fromEntries(urls),
  };
}

function authorship({ account }: Asked, { author = account }: { readonly author?: StoredAccount }): object {
  return { user: publicAccount(author), author_association: author.association };
}

function publicIssue(asked: Asked, issue: StoredIssue): object {
  const { url, webURL, name } = asked;
  return {
    ...authorship(asked, issue),
    id: 1_000 + issue.number,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    labels: issue.labels.map((label) => ({ name: label })),
    html_url: `${webURL}/${name}/issues/${issue.number}`,
    url: `${url}/repos/${name}/issues/${issue.number}`,
    comments: issue.comments?.length ?? 0,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt ?? issue.createdAt,
  };
}

function publicComment(asked: Asked, issue: number, comment: StoredComment): object {
  const { webURL, name } = asked;
  const { id, body, updatedAt } = comment;
  return {
    ...authorship(asked, comment),
    id,
    body,
    html_url: `${webURL}/${name}/issues/${issue}#issuecomment-${id}`,
    created_at: updatedAt,
    updated_at: updatedAt,
  };
}

function publicRef(ref: string, sha: string): object {
  return {
    ref: `refs/${ref}`,
    object: { type: 'commit', sha, url: `https://api.github.com/git/commits/${sha}` },
  };
}

function publicCommit(sha: string, { message, tree, amended = false }: StoredCommit): object {
  const by = { name: 'canary-bot', email: 'bot@acme.example', date: '2026-01-01T12:05:00Z' };
  const committer = amended ? { ...by, date: '2026-01-01T13:00:00Z' } : by;
  return {
    sha,
    message,
    author: by,
    committer,
    tree: { sha: tree, url: `https://api.github.com/git/trees/${tree}` },
  };
}

function publicTree({ git }: StoredRepository, sha: string, status: number): Outcome {
  const entries = git.trees.get(sha);
  if (entries === undefined) return missing();
  const tree = [...entries].map(([path, { mode, type, sha: id }]) => {
    const size = type === 'blob' ? { size: git.blobs.get(id)?.length ?? 0 } : {};
    return { path, mode, type, sha: id, ...size };
  });
  return { status, fields: { sha, url: `https://api.github.com/git/trees/${sha}`, truncated: false, tree } };
}

function publicPull({ webURL, name }: Asked, pull: StoredPull): object {
  return {
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    html_url: `${webURL}/${name}/pull/${pull.number}`,
    merged_at: pull.merged ? pull.createdAt : null,
  };
}
