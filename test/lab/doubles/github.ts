import { Contract, type Operation } from './github/contract.ts';
import { ROUTES } from './github/routes.ts';
import { emptyRepository, type StoredRepository } from './github/stored.ts';
import {
  type Answer,
  type Fault,
  type HttpDouble,
  type RecordedRequest,
  startHttpDouble,
} from './http-double.ts';

export type { StoredIssue, StoredPull, StoredRepository } from './github/stored.ts';

/**
 * GitHub's REST interface, as far as issues, Git data and pull requests go, with state. Every request and every answer
 * is held against GitHub's published OpenAPI.
 */
export interface GitHubDouble extends HttpDouble {
  /** By `owner/name`. */
  readonly repositories: Map<string, StoredRepository>;
  /** What was asked or answered otherwise than GitHub describes it; a test expects it to be empty. */
  readonly violations: readonly string[];
  addRepository(name: string): StoredRepository;
  /** Answers the next requests with these, nothing happening. */
  failNext(...answers: readonly Answer[]): void;
  /**
   * Does what the next request of a route (`POST /issues`, below the repository) asks and never answers it: what an operator
   * sees that dies, or whose connection does. Resolves when it was done.
   */
  loseNext(route: string): Promise<void>;
  /** Does what the next request of a route asks and keeps its answer until whoever asked has gone. Resolves when it was done. */
  holdNext(route: string): Promise<void>;
}

/** Starts a GitHub that knows one token; `prefix` is `/api/v3` for an Enterprise Server. */
export async function startGitHubDouble(
  options: { readonly token?: string; readonly prefix?: string; readonly now?: () => Date } = {},
): Promise<GitHubDouble> {
  const { token = 'a-token', prefix = '', now = () => new Date() } = options;
  const contract = new Contract();
  const repositories = new Map<string, StoredRepository>();
  const violations: string[] = [];
  const failures: Answer[] = [];
  const losses = new Map<string, { readonly fault: Fault; readonly done: () => void }>();
  const loseNext = (route: string, fault: Fault): Promise<void> =>
    new Promise((resolve) => void losses.set(route, { fault, done: resolve }));

  const respond = (request: RecordedRequest, operation: Operation): Answer => {
    const name = `${operation.values['owner']}/${operation.values['repo']}`;
    const repository = repositories.get(name);
    if (repository === undefined) return refusal(404, 'Not Found');
    const answer = repository.answers.shift();
    if (answer !== undefined) return answer;
    const route = operation.route.replace('/repos/{owner}/{repo}', '');
    const writesContents = /^(POST|PATCH) \/(git|pulls)/.test(route);
    if (writesContents && !repository.mayWriteContents) {
      return refusal(403, 'Resource not accessible by personal access token');
    }
    const outcome = ROUTES[route]?.({
      repository,
      name,
      url: double.url,
      values: operation.values,
      query: request.query,
      input: request.body === '' ? {} : (JSON.parse(request.body) as Record<string, unknown>),
      now: now().toISOString(),
    });
    if (outcome === undefined) return refusal(404, 'Not Found');
    if ('refused' in outcome) return refusal(outcome.refused, outcome.message);
    const body = complete(contract, operation, outcome.status, outcome.fields);
    const problem = contract.answerProblem(operation, outcome.status, body);
    if (problem !== undefined) violations.push(`answer: ${problem}`);
    const lost = losses.get(route);
    losses.delete(route);
    lost?.done();
    if (lost !== undefined) return { fault: lost.fault };
    return { status: outcome.status, headers: headersOf(request, double.url, outcome.more ?? false), body };
  };

  const double = await startHttpDouble((request) => {
    const failure = failures.shift();
    if (failure !== undefined) return failure;
    if (!/^(token|bearer) /i.test(request.headers['authorization'] ?? '')) {
      return refusal(401, 'Requires authentication');
    }
    if (request.headers['authorization']?.split(' ')[1] !== token) return refusal(401, 'Bad credentials');
    const path = request.path.slice(prefix.length);
    const operation = request.path.startsWith(prefix)
      ? contract.operation({ method: request.method, path })
      : undefined;
    if (operation === undefined) {
      violations.push(`request: there is no ${request.method} ${request.path}`);
      return refusal(404, 'Not Found');
    }
    const problem = contract.requestProblem(operation, request);
    if (problem !== undefined) violations.push(`request: ${problem}`);
    return respond(request, operation);
  });

  return Object.assign(double, {
    repositories,
    violations,
    addRepository(name: string) {
      const repository = emptyRepository();
      repositories.set(name, repository);
      return repository;
    },
    failNext(...answers: readonly Answer[]) {
      failures.push(...answers);
    },
    loseNext: (route: string) => loseNext(route, 'reset'),
    holdNext: (route: string) => loseNext(route, 'hang'),
  });
}

const RATE_LIMIT = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999' };

/** A refusal in GitHub's form. */
export function refusal(status: number, message: string): Answer {
  return {
    status,
    headers: RATE_LIMIT,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  };
}

/** The fields that matter over the smallest answer that GitHub describes. */
function complete(
  contract: Contract,
  operation: Operation,
  status: number,
  fields: object | readonly object[],
): unknown {
  if (!Array.isArray(fields)) return { ...(contract.smallest(operation, status) as object), ...fields };
  return fields.map((item: object) => ({ ...(contract.smallestItem(operation, status) as object), ...item }));
}

function headersOf({ path, query }: RecordedRequest, url: string, more: boolean): Record<string, string> {
  if (!more) return RATE_LIMIT;
  const next = new URL(path, url);
  for (const [key, value] of query) next.searchParams.set(key, value);
  next.searchParams.set('page', String(Number(query.get('page') ?? 1) + 1));
  return { ...RATE_LIMIT, link: `<${next.href}>; rel="next"` };
}
