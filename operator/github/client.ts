import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import { abortedError } from '../../crds/client/clock.ts';
import { isCoded } from '../../crds/errors.ts';
import { answerError, GitHubError, noAnswerError } from './errors.ts';
import { boundedFetch } from './fetch.ts';
import type { OwnAccount } from './own-account.ts';
import type { QuietTime } from './quiet-time.ts';
import type { Repository } from './repository.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Who talks to which repository, and how patiently. */
export interface ClientOptions {
  readonly repository: Repository;
  readonly token: string;
  readonly signal: AbortSignal;
  /** Shared by all who use the token. */
  readonly quiet: QuietTime;
  /** Shared likewise. */
  readonly account: OwnAccount;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** False leaves out the waits that GitHub asks for between writes: a second, three for what notifies. */
  readonly paced: boolean;
}

/** One repository's part of GitHub's REST interface. */
export interface Client {
  readonly repository: Repository;
  /**
   * The login of the token's own account; undefined where GitHub does not tell it, as for an App's.
   * @throws as {@link Client.request}
   */
  ownLogin(): Promise<string | undefined>;
  /**
   * Makes one request and returns its data, nothing about it taken for granted. What failed for a moment is asked again by
   * GitHub's rules; `once` is for what must not happen twice, where an answer may have been lost.
   * @throws GitHubError, or CodedError `ABORTED` as soon as the signal fires
   */
  request(route: string, parameters?: Readonly<Record<string, unknown>>, repeat?: 'once'): Promise<unknown>;
}

/** The longest wait for a rate limit within one request, seconds; a longer one is left to a later try. */
const MAX_WAIT_SECONDS = 30;
const RETRIES = 2;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const PluggedOctokit = Octokit.plugin(retry, throttling);

/** A client for one repository and one token; but for whose that is, every path that it asks for begins with `/repos/{owner}/{repo}`. */
export function createClient(options: ClientOptions): Client {
  const { repository, token, signal, quiet, account, now, paced = true } = options;
  const { owner, name: repo, apiURL } = repository;
  const mayWait = (seconds: number, _options: unknown, _octokit: unknown, retries: number): boolean => {
    const waits = seconds <= MAX_WAIT_SECONDS && retries < 1;
    if (waits) quiet.ask(seconds * 1000);
    return waits;
  };
  const octokit = new PluggedOctokit({
    auth: token,
    baseUrl: apiURL,
    userAgent: 'canary-analysis',
    log: silent,
    request: { fetch: boundedFetch(repository), signal },
    retry: {
      retries: RETRIES,
      retryAfterBaseValue: paced ? 1000 : 1,
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
    },
    throttle: paced ? { onRateLimit: mayWait, onSecondaryRateLimit: mayWait } : { enabled: false },
  });
  const ask = async (route: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> => {
    if (signal.aborted) throw abortedError(signal, 'the report');
    quiet.check(repository);
    const asked = octokit.request(route, parameters);
    try {
      // The plugins wait between tries without a look at the signal.
      return (await unlessAborted(asked, signal)).data;
    } catch (error) {
      if (signal.aborted) throw abortedError(signal, 'the report');
      const failure = translated(repository, error, now());
      if (failure instanceof GitHubError && failure.retryAfterMs !== undefined)
        quiet.ask(failure.retryAfterMs);
      throw failure;
    }
  };
  return {
    repository,
    ownLogin: () => account.login(() => ask('GET /user', {})),
    request: (route, parameters = {}, repeat) =>
      ask(route.replace(' ', ' /repos/{owner}/{repo}'), {
        owner,
        repo,
        ...parameters,
        ...(repeat === 'once' ? { request: { retries: 0 } } : {}),
      }),
  };
}

/** What a failed request means, without any of its bodies and headers. */
function translated(repository: Repository, error: unknown, now: number): Error {
  const { status, response, cause } = error as {
    readonly status?: unknown;
    readonly response?: { readonly headers?: Readonly<Record<string, string>>; readonly data?: unknown };
    readonly cause?: unknown;
  };
  if (isCoded(error)) return error;
  if (isCoded(cause)) return cause;
  if (typeof status !== 'number' || response === undefined)
    return noAnswerError(repository, 'could not be asked');
  return answerError(repository, status, response.headers ?? {}, messageOf(response.data), now);
}

/** What an error says, and what it says of each of its causes. */
function messageOf(data: unknown): string {
  const { message, errors } = (data ?? {}) as { readonly message?: unknown; readonly errors?: unknown };
  const causes = Array.isArray(errors)
    ? errors.map((one) => (one as { message?: unknown } | null)?.message)
    : [];
  return [message, ...causes].filter((text) => typeof text === 'string').join('; ');
}
