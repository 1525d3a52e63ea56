import { causesOf, fingerprint, joinedCauses } from './cause.ts';
import { againText, ISSUE_LABEL, issueText } from './issue-text.ts';
import type { Issue, Issues } from './issues.ts';
import { CLOCK_SKEW_MS, type Marked, marked, ownComment, since } from './marked-issues.ts';
import { isLater, type Marker, markerOf, sharesCause, withMarker } from './marker.ts';
import type { Report } from './report.ts';

/** What was done about an issue. */
export interface IssueOutcome {
  readonly issue: Issue;
  /** What this report did, now or by an earlier try; `found`: an earlier try opened it. `full`: the cause was met so often that it is no longer commented on. */
  readonly action: 'opened' | 'commented' | 'reopened' | 'found' | 'full';
  /** How often the cause has been met, this time included. */
  readonly seen: number;
  /** The cause that the issue was opened for. */
  readonly cause: string;
}

/** What the life of an issue is written with. */
export interface Writing {
  readonly redact: (text: string) => string;
  /** Called before each write with what it will do. */
  readonly before: (what: 'create' | 'comment' | 'update', issue?: Issue) => void;
}

/** A closed issue stays known for this long, milliseconds. */
const REMEMBERED_MS = 90 * 24 * 3_600_000;
/** From here on an issue is not commented on any more. */
const MAX_SEEN = 50;

/**
 * Sees that there is one issue for the cause of a report: finds the one that an earlier try of this report made, else
 * comments on an open one with the same cause, opens one again that a Promote had closed, or creates one. What an earlier
 * try has done, it does not do again.
 */
export async function reportIssue(issues: Issues, report: Report, writing: Writing): Promise<IssueOutcome> {
  const known = await findIssue(issues, report);
  if (known === undefined) {
    writing.before('create');
    const issue = await issues.create({ ...issueText(report, writing.redact), labels: [ISSUE_LABEL] });
    return { issue, action: 'opened', seen: 1, cause: fingerprint(report) };
  }
  const [issue, marker] = known;
  const cause = marker.causes[0] ?? fingerprint(report);
  if (marker.uid === report.uid) return { issue, action: 'found', seen: marker.seen, cause };
  if (issue.open && marker.seen >= MAX_SEEN) return { issue, action: 'full', seen: marker.seen, cause };
  const earlier = await ownComment(issues, issue, report);
  const seen = earlier?.seen ?? marker.seen + 1;
  if (earlier === undefined) {
    writing.before('comment', issue);
    await issues.comment(issue.number, againText(report, seen, writing.redact));
  }
  if (marker.seen >= seen && issue.open) return { issue, action: 'commented', seen, cause };
  writing.before('update', issue);
  const body = withMarker(issue.body, (last) => metAgain(last, markerOf(report, seen)));
  await issues.update(issue.number, { body, ...(issue.open ? {} : { state: 'open' }) });
  return { issue, action: issue.open ? 'commented' : 'reopened', seen, cause };
}

/** The marker of an issue whose cause another report has met; nobody has closed it since. */
function metAgain(last: Marker, next: Marker): Marker {
  const { closedBy: _, ...known } = last;
  return {
    ...known,
    ...next,
    uid: last.uid,
    causes: joinedCauses(last.causes, next.causes),
    seen: Math.max(last.seen, next.seen),
    ...(isLater(last, next) ? { ended: last.ended } : {}),
  };
}

/**
 * This report's own issue; else an open one with its cause, however old; else one that a Promote had closed. For a token
 * that may not label, its own or an open one with its cause among all that were changed of late.
 */
async function findIssue(issues: Issues, report: Report): Promise<Marked | undefined> {
  const causes = { causes: causesOf(report) };
  const label = ISSUE_LABEL;
  const lists = [
    () => issues.list({ state: 'open', label }),
    () => issues.list({ state: 'closed', label, since: since(report, REMEMBERED_MS) }),
    () => issues.list({ state: 'all', since: since(report, CLOCK_SKEW_MS) }),
  ] as const;
  let open: Marked | undefined;
  let closed: Marked | undefined;
  for (const [index, list] of lists.entries()) {
    const labelled = index < lists.length - 1;
    if (!labelled && (open ?? closed) !== undefined) break;
    for await (const [issue, marker] of marked(issues, list())) {
      if (marker.uid === report.uid) return [issue, marker];
      if (!sharesCause(marker, causes)) continue;
      if (issue.open) open ??= [issue, marker];
      else if (labelled && marker.closedBy !== undefined) closed ??= [issue, marker];
    }
  }
  return open ?? closed;
}
