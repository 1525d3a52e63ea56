import { Octokit } from '@octokit/rest';
import { isCoded } from '../../crds/errors.ts';
import { noAnswerError } from './errors.ts';
import { boundedFetch } from './fetch.ts';
import type { Repository } from './repository.ts';

/** The issues of one repository. */
export interface Issues {
  /** The page of the newest issue whose body matches; open or closed. */
  find(
    matches: (body: string) => boolean,
    among: { readonly label?: string; readonly since: string | undefined },
  ): Promise<string | undefined>;
  create(issue: {
    readonly title: string;
    readonly body: string;
    readonly labels: readonly string[];
  }): Promise<{ readonly url: string; readonly labels: readonly string[] }>;
}

/** Who talks to which repository. */
export interface IssuesOptions {
  readonly repository: Repository;
  readonly token: string;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const PER_PAGE = 50;
const MAX_PAGES = 20;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Opens the issues of a repository. They are listed, not searched: the search index lags behind.
 * Its calls throw GitHubError.
 */
export function openIssues({ repository, token, signal, now }: IssuesOptions): Issues {
  const { owner, name: repo, apiURL } = repository;
  const { rest } = new Octokit({
    auth: token,
    baseUrl: apiURL,
    userAgent: 'canary-analysis',
    log: silent,
    request: { fetch: boundedFetch(repository, now), signal },
  });
  const attempt = async (call: () => Promise<{ readonly data: unknown }>): Promise<unknown> => {
    try {
      return (await call()).data;
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause;
      if (isCoded(cause)) throw cause;
      throw noAnswerError(repository, 'could not be asked');
    }
  };
  return {
    async find(matches, { label, since }) {
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const data = await attempt(() =>
          rest.issues.listForRepo({
            owner,
            repo,
            state: 'all',
            sort: 'created',
            direction: 'desc',
            per_page: PER_PAGE,
            page,
            ...(label === undefined ? {} : { labels: label }),
            ...(since === undefined ? {} : { since }),
          }),
        );
        if (!Array.isArray(data)) throw notTheAPI(repository);
        const found = data.find((issue: UncheckedIssue) => matches(String(issue?.body ?? '')));
        if (found !== undefined) return urlOf(found, repository);
        if (data.length < PER_PAGE) return undefined;
      }
      return undefined;
    },
    async create({ title, body, labels }) {
      const data = (await attempt(() =>
        rest.issues.create({ owner, repo, title, body, labels: [...labels] }),
      )) as UncheckedIssue;
      return { url: urlOf(data, repository), labels: labelsOf(data) };
    },
  };
}

/** An issue as it came, nothing about it taken for granted. */
type UncheckedIssue =
  | { readonly body?: unknown; readonly html_url?: unknown; readonly labels?: unknown }
  | null
  | undefined;

function urlOf(issue: UncheckedIssue, repository: Repository): string {
  const url = issue?.html_url;
  if (typeof url === 'string' && /^https?:\/\/\S{1,2000}$/.test(url)) return url;
  throw notTheAPI(repository);
}

function labelsOf(issue: UncheckedIssue): string[] {
  const labels = Array.isArray(issue?.labels) ? issue.labels : [];
  return labels.map((label: { readonly name?: unknown } | string) =>
    String(typeof label === 'string' ? label : label?.name),
  );
}

function notTheAPI(repository: Repository) {
  return noAnswerError(
    repository,
    "answered something that is not GitHub's API; check gitHub.apiURL in the operator's configuration",
  );
}
