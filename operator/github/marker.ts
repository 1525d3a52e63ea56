import { causesOf, rolloutMark } from './cause.ts';
import type { Report } from './report.ts';

/** What an issue, comment or pull request of ours says of itself in a line that is not shown. */
export interface Marker {
  /** The CanaryAnalysis that it was written for. */
  readonly uid: string;
  /** What the failure is about; see `causesOf`. */
  readonly causes: readonly string[];
  /** How often the cause has been met, this time included. */
  readonly seen: number;
  /** The Rollout that it is about, see `rolloutMark`; absent where there is none. */
  readonly rollout?: string;
  /** When the last analysis that met the cause had its verdict, epoch seconds. */
  readonly ended?: number;
  /** The CanaryAnalysis whose Promote closed the issue. */
  readonly closedBy?: string;
}

const LINE =
  /<!-- canary-analysis uid=([A-Za-z0-9-]{1,64}) causes=([0-9a-f,]{0,200}) seen=(\d{1,6})(?: rollout=([0-9a-f]{16}))?(?: ended=(\d{1,12}))?(?: closed-by=([A-Za-z0-9-]{1,64}))? -->/g;

/** The marker of what is written for a report. */
export function markerOf(report: Report, seen: number): Marker {
  const { uid, rolloutUID, status } = report;
  const ended = Date.parse(status.completionTime ?? '') / 1000;
  return {
    uid,
    causes: causesOf(report),
    seen,
    ...(rolloutUID === undefined ? {} : { rollout: rolloutMark(rolloutUID) }),
    ...(Number.isNaN(ended) ? {} : { ended: Math.floor(ended) }),
  };
}

/** The line of a marker. */
export function markerLine({ uid, causes, seen, rollout, ended, closedBy }: Marker): string {
  const optional = [
    rollout === undefined ? '' : ` rollout=${rollout}`,
    ended === undefined ? '' : ` ended=${ended}`,
    closedBy === undefined ? '' : ` closed-by=${word(closedBy)}`,
  ].join('');
  return `<!-- canary-analysis uid=${word(uid)} causes=${causes.join(',')} seen=${seen}${optional} -->`;
}

/** The marker of a body; of several the last, for what logs say stands before it. Undefined when there is none. */
export function readMarker(body: string): Marker | undefined {
  const match = [...body.matchAll(LINE)].at(-1);
  if (match === undefined) return undefined;
  const [, uid = '', causes = '', seen = '', rollout, ended, closedBy] = match;
  return {
    uid,
    causes: causes.split(',').filter((cause) => cause !== ''),
    seen: Number(seen),
    ...(rollout === undefined ? {} : { rollout }),
    ...(ended === undefined ? {} : { ended: Number(ended) }),
    ...(closedBy === undefined ? {} : { closedBy }),
  };
}

/** The body with its marker changed; as it was where it has none. */
export function withMarker(body: string, change: (marker: Marker) => Marker): string {
  const match = [...body.matchAll(LINE)].at(-1);
  const marker = readMarker(body);
  if (match === undefined || marker === undefined) return body;
  const end = match.index + match[0].length;
  return `${body.slice(0, match.index)}${markerLine(change(marker))}${body.slice(end)}`;
}

/** Whether two markers are about the same. */
export function sharesCause(a: Pick<Marker, 'causes'>, b: Pick<Marker, 'causes'>): boolean {
  return a.causes.some((cause) => b.causes.includes(cause));
}

/** Whether two markers are of two Rollouts, as two clusters may have them under one name. */
export function isOfAnother(one: Pick<Marker, 'rollout'>, other: Pick<Marker, 'rollout'>): boolean {
  return one.rollout !== undefined && other.rollout !== undefined && one.rollout !== other.rollout;
}

/** Whether what a marker is of had its verdict after the other. */
export function isLater(one: Marker, other: Marker): one is Marker & { readonly ended: number } {
  return one.ended !== undefined && other.ended !== undefined && one.ended > other.ended;
}

function word(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9-]/g, '').slice(0, 64);
}
