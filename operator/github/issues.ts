import { notTheAPI, pageOf } from './answer.ts';
import { type Author, authorOf, isTrusted } from './author.ts';
import type { Client } from './client.ts';

/** An issue as far as it matters here. */
export interface Issue {
  readonly number: number;
  readonly url: string;
  readonly body: string;
  readonly open: boolean;
  readonly labels: readonly string[];
  readonly author: Author;
}

/** A comment as far as it matters here. */
export type IssueComment = Pick<Issue, 'body' | 'author'>;

/** The issues of one repository. Its calls throw GitHubError. */
export interface Issues {
  /**
   * The issues of a state, last changed first; of a label, and changed since then, where these are given. They are
   * listed, not searched: the search index lags behind. At most 2,000.
   */
  list(among: {
    readonly state: 'open' | 'closed' | 'all';
    readonly label?: string;
    readonly since?: string;
  }): AsyncIterable<Issue>;
  get(number: number): Promise<Issue>;
  create(issue: {
    readonly title: string;
    readonly body: string;
    readonly labels: readonly string[];
  }): Promise<Issue>;
  update(
    number: number,
    change: { readonly body?: string; readonly state?: 'open' | 'closed' },
  ): Promise<void>;
  /** The comments since then, oldest first; at most 2,000. */
  comments(number: number, since: string): AsyncIterable<IssueComment>;
  comment(number: number, body: string): Promise<void>;
  /** Whether what this author says of an issue may be taken for the operator's own word. */
  trusts(author: Author): Promise<boolean>;
}

const PER_PAGE = 100;
/** Of issues, or comments of one, that are looked through. */
const MAX_PAGES = 20;

/** The issues of a client's repository. */
export function issuesOf(client: Client): Issues {
  const pages = async function* (route: string, parameters: Record<string, unknown>) {
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const data = await client.request(route, { ...parameters, per_page: PER_PAGE, page });
      if (!Array.isArray(data)) throw notTheAPI(client);
      yield* data as unknown[];
      if (data.length < PER_PAGE) return;
    }
  };
  return {
    async *list({ state, label, since }) {
      const found = pages('GET /issues', {
        ...{ state, sort: 'updated', direction: 'desc' },
        ...(label === undefined ? {} : { labels: label }),
        ...(since === undefined ? {} : { since }),
      });
      for await (const item of found) {
        if ((item as { pull_request?: unknown } | null)?.pull_request === undefined)
          yield issueOf(item, client);
      }
    },
    async get(number) {
      return issueOf(await client.request('GET /issues/{issue_number}', { issue_number: number }), client);
    },
    async create(issue) {
      return issueOf(
        await client.request('POST /issues', { ...issue, labels: [...issue.labels] }, 'once'),
        client,
      );
    },
    async update(number, change) {
      await client.request('PATCH /issues/{issue_number}', { issue_number: number, ...change });
    },
    async *comments(number, since) {
      for await (const item of pages('GET /issues/{issue_number}/comments', {
        issue_number: number,
        since,
      })) {
        const body = String((item as { body?: unknown } | null)?.body ?? '');
        yield { body, author: authorOf(item) };
      }
    },
    async comment(number, body) {
      await client.request('POST /issues/{issue_number}/comments', { issue_number: number, body }, 'once');
    },
    trusts: (author) => isTrusted(author, () => client.ownLogin()),
  };
}

function issueOf(data: unknown, client: Client): Issue {
  const { number, html_url, body, state, labels } = (data ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof number !== 'number') throw notTheAPI(client);
  return {
    number,
    url: pageOf(html_url, 'issues', number, client),
    body: typeof body === 'string' ? body : '',
    open: state === 'open',
    author: authorOf(data),
    labels: (Array.isArray(labels) ? labels : []).map((label: { readonly name?: unknown } | string) =>
      String(typeof label === 'string' ? label : label?.name),
    ),
  };
}
