import { createHash } from 'node:crypto';
import type { Finding, Severity } from '../../crds/v1alpha1/status.ts';
import type { Report } from './report.ts';

const WEIGHTY: readonly Severity[] = ['Blocking', 'Regressed', 'Suspicious'];
const MAX_CAUSES = 8;
/** Causes that one issue is known by; a mark has room for them. */
const MAX_KNOWN = 11;

/**
 * What a failure is about, as SHA-256 cut to 16 hex digits each, strongest first: the templates of its most severe findings,
 * else their kinds, else the reason; and the revision, which is one cause whatever it shows. Two reports of one rollout
 * that share one of them have the same cause; two clusters that have a Rollout of one name have none in common.
 */
export function causesOf({ namespace, rollout, rolloutUID, status }: Report): readonly string[] {
  const findings = status.findings ?? [];
  const severity = WEIGHTY.find((one) => findings.some((finding) => finding.severity === one));
  const gravest = findings.filter((finding) => severity !== undefined && finding.severity === severity);
  const words = gravest.flatMap(({ template }) => template ?? []).map((template) => `template ${template}`);
  const kinds = gravest.map(({ kind }: Finding) => `kind ${kind}`);
  const about = words.length > 0 ? words : kinds.length > 0 ? kinds : [`reason ${status.reason ?? ''}`];
  const revision = status.canaryHash === undefined ? [] : [`revision ${status.canaryHash}`];
  const keys = [...new Set(about)].slice(0, MAX_CAUSES - 1).concat(revision);
  return keys.map((what) => digest(JSON.stringify([namespace, rollout ?? '', rolloutUID ?? '', what])));
}

/** The causes of an issue that was met with more of them: the one that it was opened for first, then the latest. */
export function joinedCauses(known: readonly string[], more: readonly string[]): readonly string[] {
  const [first] = known.concat(more);
  const before = known.filter((cause) => !more.includes(cause));
  const others = new Set([...before, ...more].filter((cause) => cause !== first));
  return first === undefined ? [] : [first, ...[...others].slice(1 - MAX_KNOWN)];
}

/** One name for the cause: the first of {@link causesOf}. */
export function fingerprint(report: Report): string {
  return causesOf(report)[0] ?? '';
}

/** What a Rollout's issues are known by: its UID, hashed, for two clusters may have a Rollout of one name. */
export function rolloutMark(uid: string): string {
  return digest(`rollout ${uid}`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
