import type { Client } from './client.ts';
import { noAnswerError } from './errors.ts';

/**
 * The address of a page as an answer gives it.
 * @throws GitHubError when it is none
 */
export function pageOf(url: unknown, client: Client): string {
  if (typeof url === 'string' && /^https?:\/\/\S{1,2000}$/.test(url)) return url;
  throw notTheAPI(client);
}

/** What an answer of another form means. */
export function notTheAPI({ repository }: Client): Error {
  return noAnswerError(
    repository,
    "answered something that is not GitHub's API; check gitHub.apiURL in the operator's configuration",
  );
}
