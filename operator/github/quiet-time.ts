import { GitHubError } from './errors.ts';
import type { Repository } from './repository.ts';

/** The longest that a pause which GitHub asks for is kept, milliseconds. */
const MAX_QUIET_MS = 3_600_000;

/** How long GitHub wants to be left alone: a rate limit is the token's, and holds for every repository. */
export class QuietTime {
  readonly #now: () => number;
  #until = 0;

  /** @param now epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** GitHub asks to wait for so many milliseconds. */
  ask(ms: number): void {
    this.#until = Math.max(this.#until, this.#now() + Math.min(ms, MAX_QUIET_MS));
  }

  /** @throws GitHubError `GITHUB_UNAVAILABLE` with what is left of the pause, until it is over */
  check({ owner, name }: Repository): void {
    const retryAfterMs = this.#until - this.#now();
    if (retryAfterMs <= 0) return;
    const message = `GitHub repository ${owner}/${name}: GitHub asks to wait (rate limit)`;
    throw new GitHubError('GITHUB_UNAVAILABLE', message, { retryAfterMs });
  }
}
