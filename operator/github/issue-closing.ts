import type { Writing } from './issue-reporting.ts';
import { closingText, ISSUE_LABEL } from './issue-text.ts';
import type { Issue, Issues } from './issues.ts';
import { CLOCK_SKEW_MS, marked, ownComment, ownMarker, since } from './marked-issues.ts';
import { isLater, isOfAnother, markerOf, withMarker } from './marker.ts';
import type { Report } from './report.ts';

/** Issues that one Promote closes at the most. */
const MAX_CLOSED = 50;

/**
 * What became of an issue that was to be closed: `closed` by this report, now or by an earlier try; `alreadyClosed` by
 * somebody else; `notOurs`, `ofAnother` Rollout, or `metSince` by a later analysis, and left as it is.
 */
export type Closing = 'closed' | 'alreadyClosed' | 'notOurs' | 'ofAnother' | 'metSince';

/** Comments on an open issue of ours and closes it, once; does nothing where that is not for this report to do. */
export async function closeIssue(
  issues: Issues,
  number: number,
  report: Report,
  writing: Writing,
): Promise<Closing> {
  const issue = await issues.get(number);
  const marker = await ownMarker(issues, issue);
  if (!issue.open) return marker?.closedBy === report.uid ? 'closed' : 'alreadyClosed';
  if (marker === undefined) return 'notOurs';
  const mine = markerOf(report, marker.seen);
  if (isOfAnother(marker, mine)) return 'ofAnother';
  if (isLater(marker, mine)) return 'metSince';
  if ((await ownComment(issues, issue, report)) === undefined) {
    writing.before('comment', issue);
    await issues.comment(number, closingText(report, marker.seen, writing.redact));
  }
  writing.before('update', issue);
  const body = withMarker(issue.body, (last) => ({ ...last, closedBy: report.uid }));
  await issues.update(number, { body, state: 'closed' });
  return 'closed';
}

/**
 * The issues that a Promote closes: the open ones of its Rollout whose cause nobody has met since, and those that an earlier
 * try of this report has closed. None for a report without a Rollout; of issues without our label none is found.
 */
export async function issuesToClose(issues: Issues, report: Report): Promise<readonly Issue[]> {
  const mine = markerOf(report, 1);
  const label = ISSUE_LABEL;
  const found: Issue[] = [];
  if (mine.rollout === undefined) return found;
  for await (const [issue, marker] of marked(issues, issues.list({ state: 'open', label }))) {
    if (marker.rollout === mine.rollout && !isLater(marker, mine)) found.push(issue);
    if (found.length === MAX_CLOSED) return found;
  }
  const lately = { state: 'closed', label, since: since(report, CLOCK_SKEW_MS) } as const;
  for await (const [issue, marker] of marked(issues, issues.list(lately))) {
    if (marker.closedBy === report.uid) found.push(issue);
  }
  return found;
}
