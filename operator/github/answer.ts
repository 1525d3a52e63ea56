import type { Client } from './client.ts';
import { noAnswerError } from './errors.ts';
import { type PageKind, pageIn } from './repository.ts';

/**
 * The address of an issue or a pull request as an answer gives it, which stands in the status and is clicked: a page of this
 * repository, on the host that `gitHub.webURL` names.
 * @throws GitHubError when it is none
 */
export function pageOf(url: unknown, kind: PageKind, number: number, client: Client): string {
  const page = typeof url === 'string' ? pageIn(client.repository.pageURL, url, kind) : undefined;
  if (page?.number !== String(number)) throw notTheAPI(client);
  return page.url;
}

/** What an answer of another form means. */
export function notTheAPI({ repository }: Client): Error {
  return noAnswerError(
    repository,
    "answered something that is not GitHub's API; check gitHub.webURL and gitHub.apiURL in the operator's configuration",
  );
}
