import { CodedError } from '../../crds/errors.ts';
import type { Repository } from './repository.ts';

/** GitHub refused or could not be reached; the message names the repository and what to do, never a body or a header. */
export class GitHubError extends CodedError {
  override readonly name = 'GitHubError';
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** How long GitHub asks to wait, milliseconds. */
  readonly retryAfterMs?: number;

  constructor(
    code: 'GITHUB_REFUSED' | 'GITHUB_UNAVAILABLE',
    message: string,
    details: { readonly status?: number; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: details.cause });
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }
}

const REFUSALS: Readonly<Record<number, string>> = {
  301: 'the repository has moved; correct gitHub.url',
  302: 'the repository has moved; correct gitHub.url',
  307: 'the repository has moved; correct gitHub.url',
  308: 'the repository has moved; correct gitHub.url',
  401: 'the token is not valid or has expired; set a new GITHUB_TOKEN',
  403: 'the token may not do this; it needs "Issues: read and write" on the repository, and for pull requests "Contents" and "Pull requests" as well',
  404: 'there is no such repository, or the token does not reach it',
  409: 'it is empty; push a first commit to it',
  410: 'issues are disabled in the repository; enable them or set gitHub.issue to Never',
  422: 'it finds the content not valid, or takes the request for spam',
};

/** How long to wait for a rate limit that names no time (docs.github.com, "Rate limits for the REST API"). */
const UNNAMED_WAIT_MS = 60_000;
/** How a 403 tells of a rate limit; an Enterprise Server may still call it abuse. */
const LIMIT = /rate limit|abuse detection/i;

/** What an answer other than a success means; `headers` have lower-case names, `body` is looked at and not repeated. */
export function answerError(
  { owner, name }: Repository,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  now: number,
): GitHubError {
  const subject = `GitHub repository ${owner}/${name}`;
  const unnamed = status === 429 || (status === 403 && LIMIT.test(body));
  const retryAfterMs = waitOf(headers, now) ?? (unnamed ? UNNAMED_WAIT_MS : undefined);
  const limited = status === 429 || (status === 403 && retryAfterMs !== undefined);
  const raced =
    (status === 409 && !/empty/i.test(body)) ||
    (status === 422 && /not a fast forward|already exists/i.test(body));
  if (limited || raced || status >= 500) {
    const what = limited
      ? 'GitHub asks to wait (rate limit)'
      : raced
        ? 'somebody changed the same at the same moment'
        : 'GitHub failed';
    return new GitHubError('GITHUB_UNAVAILABLE', `${subject}: ${what} (HTTP ${status})`, {
      status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  const what = REFUSALS[status] ?? 'GitHub refused the request';
  return new GitHubError('GITHUB_REFUSED', `${subject}: ${what} (HTTP ${status})`, { status });
}

/** What no answer, or half of one, means. */
export function noAnswerError(
  { owner, name, apiURL }: Repository,
  what: string,
  cause?: unknown,
): GitHubError {
  return new GitHubError(
    'GITHUB_UNAVAILABLE',
    `GitHub repository ${owner}/${name}: ${new URL(apiURL).origin} ${what}`,
    { cause },
  );
}

/** `Retry-After` in seconds, else the reset of an exhausted primary rate limit (docs.github.com, "Rate limits for the REST API"). */
function waitOf(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  if (String(headers['x-ratelimit-remaining'] ?? '') !== '0') return undefined;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  return Number.isFinite(reset) ? Math.max(0, reset * 1000 - now) : 60_000;
}
