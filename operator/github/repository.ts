import { CodedError } from '../../crds/errors.ts';

/** A repository, and where the API that knows it is. */
export interface Repository {
  readonly owner: string;
  readonly name: string;
  /** Its page: `https://github.com/acme/shop`. */
  readonly pageURL: string;
  /** Base URL of the REST API, without a trailing slash. */
  readonly apiURL: string;
}

/** Which repositories may be reported to. */
export interface RepositoryRules {
  /** The GitHub the token belongs to; `https://github.com` when absent. */
  readonly webURL?: string;
  /** Its API; derived when absent. */
  readonly apiURL?: string;
  /** `owner/name` or `owner/*`; all when absent. */
  readonly allowedRepositories?: readonly string[] | undefined;
}

const DEFAULT_WEB_URL = 'https://github.com';
const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})$/;
const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * Reads the URL of a repository, `https://github.com/OWNER/NAME[.git]`, and checks it against the rules.
 * @throws CodedError `CONFIG_INVALID` naming what is wrong, `ORIGIN_FORBIDDEN` for another host or a repository that is not allowed.
 */
export function parseRepository(text: string, rules: RepositoryRules): Repository {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid('it does not parse as a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid('it is not an http or https URL');
  if (url.username !== '' || url.password !== '')
    throw invalid('it holds user info; set GITHUB_TOKEN instead');
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const [owner = '', last = ''] = parts;
  const name = last.replace(/\.git$/, '');
  if (parts.length !== 2)
    throw invalid(`it must name an owner and a repository, as in ${DEFAULT_WEB_URL}/acme/shop`);
  if (!OWNER.test(owner)) throw invalid('its owner is not a GitHub user or organisation name');
  if (!NAME.test(name) || name === '.' || name === '..')
    throw invalid('its second part is not a repository name');
  const webURL = rules.webURL ?? DEFAULT_WEB_URL;
  const web = new URL(webURL);
  if (hostOf(url) !== web.host) {
    throw new CodedError(
      'ORIGIN_FORBIDDEN',
      `gitHub.url points to ${url.host}, but the token belongs to ${web.host}; correct it, or gitHub.webURL in the operator's configuration`,
    );
  }
  if (!isAllowed(owner, name, rules.allowedRepositories)) {
    throw new CodedError(
      'ORIGIN_FORBIDDEN',
      `${owner}/${name} is not a repository that this operator may report to; add it to gitHub.allowedRepositories, or to the namespace's allowances, in the operator's configuration`,
    );
  }
  return {
    owner,
    name,
    pageURL: `${web.origin}/${owner}/${name}`,
    apiURL: (rules.apiURL ?? apiOf(web)).replace(/\/+$/, ''),
  };
}

/** `https://api.github.com`, `https://api.NAME.ghe.com`, or `/api/v3` of a GitHub Enterprise Server. */
function apiOf(web: URL): string {
  const hosted = web.hostname === 'github.com' || web.hostname.endsWith('.ghe.com');
  return hosted ? `https://api.${web.host}` : `${web.origin}/api/v3`;
}

/** GitHub compares names without case. */
function isAllowed(owner: string, name: string, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const full = `${owner}/${name}`.toLowerCase();
  const any = `${owner}/*`.toLowerCase();
  return allowed.some((pattern) => [full, any].includes(pattern.toLowerCase()));
}

function invalid(what: string): CodedError {
  return new CodedError('CONFIG_INVALID', `gitHub.url is not the URL of a repository: ${what}`);
}

/** Host and port; `www.github.com` is `github.com`. */
function hostOf({ host }: URL): string {
  return host.replace(/^www\.(?=github\.com$)/, '');
}

/** A part of a repository whose pages have numbers, as its address says it. */
export type PageKind = 'issues' | 'pull';

/**
 * The page of an issue or a pull request that a link leads to, be it http or https, when it is on the host of a repository
 * and in it: `{repository's origin}/OWNER/NAME/issues/NUMBER`; undefined for anything else.
 */
export function pageIn(
  repositoryURL: string,
  link: string,
  kind: PageKind,
): { readonly url: string; readonly number: string } | undefined {
  if (!URL.canParse(repositoryURL) || !URL.canParse(link)) return undefined;
  const [repository, page] = [new URL(repositoryURL), new URL(link)];
  const path = (url: URL): string[] => url.pathname.split('/').filter((part) => part !== '');
  const [owner = '', name = ''] = path(repository);
  const [itsOwner = '', itsName = '', part, number = '', ...more] = path(page);
  const same =
    /^https?:$/.test(page.protocol) &&
    hostOf(page) === hostOf(repository) &&
    page.username === '' &&
    page.password === '' &&
    itsOwner.toLowerCase() === owner.toLowerCase() &&
    itsName.toLowerCase() === name.replace(/\.git$/, '').toLowerCase();
  const valid = same && part === kind && /^[1-9]\d{0,11}$/.test(number) && more.length === 0;
  const origin = `${repository.protocol}//${hostOf(repository)}`;
  return valid ? { url: `${origin}/${itsOwner}/${itsName}/${kind}/${number}`, number } : undefined;
}

/** The https address of a pull request of a repository that a link leads to; undefined for anything else. */
export function pullRequestIn(repositoryURL: string, link: string): string | undefined {
  return pageIn(repositoryURL, link, 'pull')?.url.replace(/^http:/, 'https:');
}
