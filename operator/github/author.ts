/** Who wrote something on GitHub, and what they are to the repository. */
export interface Author {
  readonly login: string;
  /** A GitHub App, whatever it is to the repository. */
  readonly isApp: boolean;
  /** Owner of the repository, member of the organisation that owns it, or invited to it. */
  readonly isInsider: boolean;
}

/** `author_association` of those (docs.github.com, GraphQL `CommentAuthorAssociation`). */
const INSIDERS: ReadonlySet<unknown> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

/** The author of an issue or a comment as an answer gives it; nobody in particular where the account has gone. */
export function authorOf(data: unknown): Author {
  const { user, author_association } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const { login, type } = (user ?? {}) as Readonly<Record<string, unknown>>;
  const isApp = type === 'Bot';
  return {
    login: typeof login === 'string' ? login : '',
    isApp,
    isInsider: !isApp && INSIDERS.has(author_association),
  };
}

/**
 * Whether what an author says of itself counts: in a public repository anybody may write anything. An insider's does, and the
 * own account's; where that is not known, which is so for an App's token, that of any App.
 * @param own asks for the login of the own account
 */
export async function isTrusted(author: Author, own: () => Promise<string | undefined>): Promise<boolean> {
  if (author.isInsider) return true;
  const login = await own();
  return login === undefined ? author.isApp : login.toLowerCase() === author.login.toLowerCase();
}
