import { type Answer, type HttpDouble, type RecordedRequest, startHttpDouble } from './http-double.ts';

/** An issue as the double keeps it. */
export interface StoredIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly createdAt: string;
  state: 'open' | 'closed';
}

/** A repository of the double. */
export interface StoredRepository {
  readonly issues: StoredIssue[];
  /** False answers 410 to everything about issues. */
  hasIssues: boolean;
  /** False drops the labels of a new issue without a word, as GitHub does for a token that may not label. */
  mayLabel: boolean;
}

/** GitHub's REST interface, as far as issues go, with state. */
export interface GitHubDouble extends HttpDouble {
  /** By `owner/name`. */
  readonly repositories: Map<string, StoredRepository>;
  addRepository(name: string): StoredRepository;
  /** Answers the next requests with these, nothing happening. */
  failNext(...answers: readonly Answer[]): void;
  /** Creates the next issue and loses the answer: what an operator sees that dies, or whose connection does. */
  loseNextCreation(): void;
}

/** Starts a GitHub that knows one token; `prefix` is `/api/v3` for an Enterprise Server. */
export async function startGitHubDouble(
  options: { readonly token?: string; readonly prefix?: string; readonly now?: () => Date } = {},
): Promise<GitHubDouble> {
  const { token = 'a-token', prefix = '', now = () => new Date() } = options;
  const repositories = new Map<string, StoredRepository>();
  const failures: Answer[] = [];
  let loseCreation = false;

  const create = (name: string, repository: StoredRepository, request: RecordedRequest): Answer => {
    const input = JSON.parse(request.body) as { title?: unknown; body?: unknown; labels?: string[] };
    if (typeof input.title !== 'string' || input.title === '') {
      return refusal(422, 'Validation Failed', [
        { resource: 'Issue', field: 'title', code: 'missing_field' },
      ]);
    }
    const issue: StoredIssue = {
      number: repository.issues.length + 1,
      title: input.title,
      body: typeof input.body === 'string' ? input.body : '',
      labels: repository.mayLabel ? (input.labels ?? []) : [],
      createdAt: now().toISOString(),
      state: 'open',
    };
    repository.issues.push(issue);
    if (loseCreation) {
      loseCreation = false;
      return { fault: 'reset' };
    }
    return { status: 201, headers: RATE_LIMIT, body: publicIssue(double.url, name, issue) };
  };

  const double = await startHttpDouble((request) => {
    const failure = failures.shift();
    if (failure !== undefined) return failure;
    if (!/^(token|bearer) /i.test(request.headers['authorization'] ?? '')) {
      return refusal(401, 'Requires authentication');
    }
    if (request.headers['authorization']?.split(' ')[1] !== token) return refusal(401, 'Bad credentials');
    if (!request.path.startsWith(prefix)) return refusal(404, 'Not Found');
    const match = /^\/repos\/([^/]+\/[^/]+)\/issues$/.exec(request.path.slice(prefix.length));
    const name = match?.[1];
    const repository = name === undefined ? undefined : repositories.get(name);
    if (name === undefined || repository === undefined) return refusal(404, 'Not Found');
    if (!repository.hasIssues) return refusal(410, 'Issues are disabled for this repo');
    if (request.method === 'GET') return listIssues(double.url, name, repository, request);
    if (request.method === 'POST') return create(name, repository, request);
    return refusal(404, 'Not Found');
  });

  return Object.assign(double, {
    repositories,
    addRepository(name: string) {
      const repository: StoredRepository = { issues: [], hasIssues: true, mayLabel: true };
      repositories.set(name, repository);
      return repository;
    },
    failNext(...answers: readonly Answer[]) {
      failures.push(...answers);
    },
    loseNextCreation() {
      loseCreation = true;
    },
  });
}

const RATE_LIMIT = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999' };

/** A refusal in GitHub's form. */
export function refusal(status: number, message: string, errors?: readonly object[]): Answer {
  return {
    status,
    headers: RATE_LIMIT,
    body: {
      message,
      ...(errors === undefined ? {} : { errors }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(status),
    },
  };
}

function listIssues(
  url: string,
  name: string,
  repository: StoredRepository,
  request: RecordedRequest,
): Answer {
  const { query } = request;
  const perPage = Math.min(Number(query.get('per_page') ?? 30), 100);
  const page = Number(query.get('page') ?? 1);
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
  const state = query.get('state') ?? 'open';
  const since = query.get('since');
  const matching = repository.issues
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => labels.every((label) => issue.labels.includes(label)))
    .filter((issue) => since === null || Date.parse(issue.createdAt) >= Date.parse(since))
    .reverse();
  const next = new URL(request.path, url);
  for (const [key, value] of query) next.searchParams.set(key, value);
  next.searchParams.set('page', String(page + 1));
  return {
    headers: {
      ...RATE_LIMIT,
      ...(matching.length > page * perPage ? { link: `<${next.href}>; rel="next"` } : {}),
    },
    body: matching.slice((page - 1) * perPage, page * perPage).map((issue) => publicIssue(url, name, issue)),
  };
}

function publicIssue(url: string, name: string, issue: StoredIssue): object {
  return {
    id: 1_000 + issue.number,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    labels: issue.labels.map((label) => ({ name: label })),
    html_url: `${url}/${name}/issues/${issue.number}`,
    url: `${url}/repos/${name}/issues/${issue.number}`,
    created_at: issue.createdAt,
    updated_at: issue.createdAt,
    user: { login: 'canary-analysis[bot]' },
  };
}
