import { abortedError, type Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import { type Client, createClient } from './client.ts';
import { GitHubError, noAnswerError } from './errors.ts';
import { OwnAccount } from './own-account.ts';
import { QuietTime } from './quiet-time.ts';
import type { Report } from './report.ts';
import { parseRepository } from './repository.ts';
import { RepositoryLocks } from './repository-locks.ts';

/** With whom sessions are, and how long one may be. */
export interface SessionConfig {
  /** `GITHUB_TOKEN`; sent to the API of `webURL` and to nobody else. */
  readonly token?: string;
  /** The GitHub the token belongs to; `https://github.com` when absent. */
  readonly webURL?: string;
  /** Where its API is; when absent `https://api.github.com` for github.com, `{webURL}/api/v3` for a GitHub Enterprise Server. */
  readonly apiURL?: string;
  /** What analyses of a namespace may report to: `owner/name` or `owner/*`, compared without case; every repository the token reaches when absent. */
  readonly allowedRepositories?: (namespace: string) => readonly string[] | undefined;
  readonly clock: Clock;
  /** How long one session may take, milliseconds; 120,000 when absent, for writes are paced as GitHub asks. */
  readonly timeoutMs?: number;
  /** False leaves out that pace; for tests. */
  readonly paced?: boolean;
}

/**
 * Does work in the repository of a report: one at a time in each, within the time of a session.
 * @throws CodedError `CONFIG_INVALID`, `ORIGIN_FORBIDDEN`, `ABORTED`, or GitHubError `GITHUB_REFUSED`, `GITHUB_UNAVAILABLE`
 */
export type Session = <T>(
  report: Report,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
) => Promise<T>;

const TIMEOUT_MS = 120_000;

/** Sessions with one token, which share its rate limits; each reads and checks the repository anew. */
export function createSession(config: SessionConfig): Session {
  const { clock, token, paced = true, timeoutMs = TIMEOUT_MS } = config;
  const locks = new RepositoryLocks();
  const now = (): number => clock.now();
  const quiet = new QuietTime(now);
  const account = new OwnAccount();
  return async (report, signal, work) => {
    if (signal.aborted) throw abortedError(signal, 'the report');
    const allowedRepositories = config.allowedRepositories?.(report.namespace);
    const repository = parseRepository(report.repositoryURL, { ...config, allowedRepositories });
    const { owner, name, apiURL } = repository;
    if (!token) {
      throw new GitHubError(
        'GITHUB_REFUSED',
        `GitHub repository ${owner}/${name}: no token is configured; set GITHUB_TOKEN on the operator`,
      );
    }
    return locks.run(`${apiURL}/${owner}/${name}`.toLowerCase(), signal, async () => {
      const limit = startDeadline(clock, timeoutMs, signal);
      try {
        const client = { repository, token, signal: limit.signal, quiet, account, now, paced };
        return await work(createClient(client));
      } catch (error) {
        if (signal.aborted) throw abortedError(signal, 'the report');
        if (limit.expired)
          throw noAnswerError(repository, `did not answer within ${timeoutMs / 1000} s`, error);
        throw error;
      } finally {
        limit.dispose();
      }
    });
  };
}
