import { notTheAPI, pageOf } from './answer.ts';
import type { Client } from './client.ts';

/** A pull request as far as it matters here. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed' | 'merged';
}

/** The pull requests of one repository. Its calls throw GitHubError. */
export interface Pulls {
  /** Those from a branch, newest first. */
  fromBranch(branch: string): Promise<readonly PullRequest[]>;
  create(pull: {
    readonly title: string;
    readonly body: string;
    readonly head: string;
    readonly base: string;
  }): Promise<PullRequest>;
  update(number: number, change: { readonly title: string; readonly body: string }): Promise<void>;
}

/** The pull requests of a client's repository. */
export function pullsOf(client: Client): Pulls {
  const { owner } = client.repository;
  return {
    async fromBranch(branch) {
      const parameters = {
        head: `${owner}:${branch}`,
        state: 'all',
        sort: 'created',
        direction: 'desc',
        per_page: 20,
      };
      const data = await client.request('GET /pulls', parameters);
      if (!Array.isArray(data)) throw notTheAPI(client);
      return data.map((pull: unknown) => pullOf(pull, client));
    },
    async create(pull) {
      return pullOf(
        await client.request('POST /pulls', { ...pull, maintainer_can_modify: true }, 'once'),
        client,
      );
    },
    async update(number, change) {
      await client.request('PATCH /pulls/{pull_number}', { pull_number: number, ...change });
    },
  };
}

function pullOf(data: unknown, client: Client): PullRequest {
  const { number, html_url, title, body, state, merged_at } = (data ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (typeof number !== 'number') throw notTheAPI(client);
  return {
    number,
    url: pageOf(html_url, 'pull', number, client),
    title: typeof title === 'string' ? title : '',
    body: typeof body === 'string' ? body : '',
    state: typeof merged_at === 'string' ? 'merged' : state === 'open' ? 'open' : 'closed',
  };
}
