/** Lets one report at a time work on a repository: what one finds or makes, the next has to see. */
export class RepositoryLocks {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work after all that came before it for the same repository, however that ended. */
  async run<T>(repository: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(repository) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => {});
    this.#last.set(repository, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(repository) === settled) this.#last.delete(repository);
    }
  }
}
