import type { Issue, IssueComment, Issues } from './issues.ts';
import { type Marker, readMarker } from './marker.ts';
import type { Report } from './report.ts';

/** An issue of ours with what it says of itself. */
export type Marked = readonly [issue: Issue, marker: Marker];

/** The operator's clock and GitHub's may differ by this much, milliseconds. */
export const CLOCK_SKEW_MS = 3_600_000;

/** Those of the issues that are ours: marked, and by somebody whose mark counts. */
export async function* marked(issues: Issues, list: AsyncIterable<Issue>): AsyncGenerator<Marked> {
  for await (const issue of list) {
    const marker = await ownMarker(issues, issue);
    if (marker !== undefined) yield [issue, marker];
  }
}

/** What an issue or a comment says of itself, where that counts; anybody may write a mark in a public repository. */
export async function ownMarker(issues: Issues, { body, author }: IssueComment): Promise<Marker | undefined> {
  const marker = readMarker(body);
  return marker !== undefined && (await issues.trusts(author)) ? marker : undefined;
}

/** The marker of the comment that an earlier try of this report made. */
export async function ownComment(issues: Issues, issue: Issue, report: Report): Promise<Marker | undefined> {
  for await (const comment of issues.comments(issue.number, since(report, CLOCK_SKEW_MS))) {
    const marker = await ownMarker(issues, comment);
    if (marker?.uid === report.uid) return marker;
  }
  return undefined;
}

/** The instant so many milliseconds before the analysis of a report was created, RFC 3339; 1970 where that is not known. */
export function since({ createdAt }: Report, before: number): string {
  const created = Date.parse(createdAt ?? '');
  return new Date(Math.max(0, (Number.isNaN(created) ? 0 : created) - before)).toISOString();
}
