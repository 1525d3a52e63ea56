import { GitHubError } from './errors.ts';

/** Whose the token is; shared by all who use it, and asked for once. */
export class OwnAccount {
  #known: { readonly login: string | undefined } | undefined;

  /**
   * The login of the account; undefined for the token of an App's installation, which GitHub does not tell (403).
   * @param ask `GET /user`
   * @throws GitHubError for any other answer
   */
  async login(ask: () => Promise<unknown>): Promise<string | undefined> {
    this.#known ??= { login: await loginOf(ask) };
    return this.#known.login;
  }
}

async function loginOf(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    const { login } = ((await ask()) ?? {}) as { readonly login?: unknown };
    return typeof login === 'string' && login !== '' ? login : undefined;
  } catch (error) {
    if (error instanceof GitHubError && error.code === 'GITHUB_REFUSED' && error.status === 403)
      return undefined;
    throw error;
  }
}
