import { Contract } from './github/contract.ts';
import { Description, type Operation, type Schema } from './github/description.ts';
import { type RateLimitOptions, RateLimits } from './github/rate-limits.ts';
import { refusal } from './github/refusal.ts';
import { publicAccount, ROUTES } from './github/routes.ts';
import { smallest } from './github/smallest.ts';
import { emptyRepository, type StoredAccount, type StoredRepository } from './github/stored.ts';
import {
  type Answer,
  type Fault,
  type HttpDouble,
  type RecordedRequest,
  startHttpDouble,
} from './http-double.ts';

export { refusal } from './github/refusal.ts';
export type { StoredAccount, StoredIssue, StoredPull, StoredRepository } from './github/stored.ts';

/**
 * GitHub's REST interface, as far as issues, Git data and pull requests go, with state and rate limits. Every request and
 * every answer is held against GitHub's published OpenAPI.
 */
export interface GitHubDouble extends HttpDouble {
  /** By `owner/name`. */
  readonly repositories: Map<string, StoredRepository>;
  /** Whose the token is: a collaborator; a `Bot` is the installation of an App, which has no `GET /user`. */
  account: StoredAccount;
  /** What was asked or answered otherwise than GitHub describes it; a test expects it to be empty. */
  readonly violations: readonly string[];
  /** What was asked while GitHub wanted to be left alone. */
  readonly impatient: readonly string[];
  addRepository(name: string): StoredRepository;
  /** The next request begins an hour of the primary limit of which so many are used. */
  beginHour(used: number): void;
  /** Answers the next requests with these, nothing happening: with what GitHub may say there, or it is a violation. */
  answerNext(...answers: readonly Answer[]): void;
  /** Answers the next requests with what is not GitHub's: a fault of the wire, a page of another server. */
  disturbNext(...answers: readonly Answer[]): void;
  /**
   * Does what the next request of a route (`POST /issues`, below the repository) asks and never answers it: what an operator
   * sees that dies, or whose connection does. Resolves when it was done.
   */
  loseNext(route: string): Promise<void>;
  /** Does what the next request of a route asks and keeps its answer until whoever asked has gone. Resolves when it was done. */
  holdNext(route: string): Promise<void>;
}

/** Starts a GitHub that knows one token; `prefix` is `/api/v3` for an Enterprise Server, whose pages are at its own address. */
export async function startGitHubDouble(
  options: {
    readonly token?: string;
    readonly prefix?: string;
    readonly now?: () => Date;
    readonly limits?: RateLimitOptions;
  } = {},
): Promise<GitHubDouble> {
  const { token = 'a-token', prefix = '', now = () => new Date() } = options;
  const description = new Description();
  const contract = new Contract(description);
  const limits = new RateLimits(options.limits ?? {}, () => now().getTime());
  const repositories = new Map<string, StoredRepository>();
  const violations: string[] = [];
  const planned: { readonly answer: Answer; readonly isGitHubs: boolean }[] = [];
  const losses = new Map<string, { readonly fault: Fault; readonly done: () => void }>();
  const loseNext = (route: string, fault: Fault): Promise<void> =>
    new Promise((resolve) => void losses.set(route, { fault, done: resolve }));

  const respond = (request: RecordedRequest, operation: Operation): Answer => {
    const { account } = self;
    if (operation.route === 'GET /user') {
      if (account.type === 'Bot') return refusal(403, 'Resource not accessible by integration');
      return { body: completed(description, operation, 200, publicAccount(account)) };
    }
    const name = `${operation.values['owner']}/${operation.values['repo']}`;
    const repository = repositories.get(name);
    if (repository === undefined) return refusal(404, 'Not Found');
    const route = operation.route.replace('/repos/{owner}/{repo}', '');
    const answer = repository.answers.get(route)?.shift();
    if (answer !== undefined) return answer;
    const writesContents = /^(POST|PATCH) \/(git|pulls)/.test(route);
    if (writesContents && !repository.mayWriteContents) {
      return refusal(403, 'Resource not accessible by personal access token');
    }
    const outcome = ROUTES[route]?.({
      repository,
      name,
      url: double.url,
      webURL: prefix === '' ? 'https://github.com' : double.url,
      account,
      values: operation.values,
      query: request.query,
      input: request.body === '' ? {} : (JSON.parse(request.body) as Record<string, unknown>),
      now: now().toISOString(),
    });
    if (outcome === undefined) return refusal(404, 'Not Found');
    if ('refused' in outcome) return refusal(outcome.refused, outcome.message);
    const lost = losses.get(route);
    losses.delete(route);
    lost?.done();
    return {
      status: outcome.status,
      headers: outcome.more === true ? { link: nextPage(request, double.url) } : {},
      body: completed(description, operation, outcome.status, outcome.fields),
      ...(lost === undefined ? {} : { fault: lost.fault }),
    };
  };

  const double = await startHttpDouble((request) => {
    const path = request.path.slice(prefix.length);
    const operation = request.path.startsWith(prefix)
      ? description.operation({ method: request.method, path })
      : undefined;
    if (operation === undefined) {
      violations.push(`request: there is no ${request.method} ${request.path}`);
      return refusal(404, 'Not Found');
    }
    const problem = contract.requestProblem(operation, request);
    if (problem !== undefined) violations.push(`request: ${problem}`);
    const next = planned.shift();
    if (next?.isGitHubs === false) return next.answer;
    const answer =
      next?.answer ?? unauthorized(request, token) ?? limits.count(request) ?? respond(request, operation);
    const { status = 200, headers = {}, body } = answer;
    const wrong = contract.answerProblem(operation, status, body);
    if (wrong !== undefined) violations.push(`answer: ${wrong}`);
    return { ...answer, headers: { ...limits.headers(), ...headers } };
  });

  const self: GitHubDouble = Object.assign(double, {
    repositories,
    account: { login: 'canary-bot', type: 'User', association: 'COLLABORATOR' } as StoredAccount,
    violations,
    impatient: limits.impatient,
    beginHour: (used: number) => limits.beginHour(used),
    addRepository(name: string) {
      const repository = emptyRepository();
      repositories.set(name, repository);
      return repository;
    },
    answerNext(...answers: readonly Answer[]) {
      planned.push(...answers.map((answer) => ({ answer, isGitHubs: true })));
    },
    disturbNext(...answers: readonly Answer[]) {
      planned.push(...answers.map((answer) => ({ answer, isGitHubs: false })));
    },
    loseNext: (route: string) => loseNext(route, 'reset'),
    holdNext: (route: string) => loseNext(route, 'hang'),
  });
  return self;
}

function unauthorized({ headers }: RecordedRequest, token: string): Answer | undefined {
  const [scheme = '', given] = (headers['authorization'] ?? '').split(' ');
  if (!/^(token|bearer)$/i.test(scheme)) return refusal(401, 'Requires authentication');
  return given === token ? undefined : refusal(401, 'Bad credentials');
}

/** The fields that matter over the smallest answer that GitHub describes. */
function completed(
  description: Description,
  operation: Operation,
  status: number,
  fields: object | readonly object[],
): unknown {
  const schema = description.answer(operation, status) ?? {};
  const over = (one: Schema, more: object): object => ({
    ...(smallest(description, one) as object),
    ...more,
  });
  if (!Array.isArray(fields)) return over(schema, fields);
  return fields.map((item: object) => over((schema['items'] ?? {}) as Schema, item));
}

/** The `Link` header to the page after a request's. */
function nextPage({ path, query }: RecordedRequest, url: string): string {
  const next = new URL(path, url);
  for (const [key, value] of query) next.searchParams.set(key, value);
  next.searchParams.set('page', String(Number(query.get('page') ?? 1) + 1));
  return `<${next.href}>; rel="next"`;
}
