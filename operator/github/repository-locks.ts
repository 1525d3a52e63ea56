import { unlessAborted } from './unless-aborted.ts';

/** Lets one report at a time work on a repository: what one finds or makes, the next has to see. */
export class RepositoryLocks {
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Does the work after all that came before it for the same repository, however that ended.
   * @throws CodedError `ABORTED` as soon as the signal fires while it waits; the work is then not done
   */
  async run<T>(repository: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(repository) ?? Promise.resolve();
    const { promise: mine, resolve: done } = Promise.withResolvers<void>();
    const settled = before.then(() => mine);
    this.#last.set(repository, settled);
    settled.then(() => {
      if (this.#last.get(repository) === settled) this.#last.delete(repository);
    });
    try {
      await unlessAborted(before, signal);
      return await work();
    } finally {
      done();
    }
  }
}
