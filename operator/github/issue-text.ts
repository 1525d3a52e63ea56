import { REASONS } from '../../crds/reasons.ts';
import type { Coverage, Finding, Opinion, SideCoverage } from '../../crds/v1alpha1/status.ts';
import type { ChangeItem } from '../model.ts';
import { codeSpan, cut, fence, prose, titleText } from './markdown.ts';
import { markerLine, markerOf } from './marker.ts';
import { type Report, redactedReport } from './report.ts';

/** The label of every issue this operator opens. */
export const ISSUE_LABEL = 'canary-analysis';

/** An issue as it is to be created. */
export interface IssueText {
  readonly title: string;
  readonly body: string;
}

/** GitHub takes 65,536 characters; what is longer loses its quotes. */
const MAX_BODY = 60_000;
const MAX_TITLE = 200;
/** Differences of the pod templates that are shown. */
const MAX_CHANGES = 30;
/** Findings whose quotes are shown. */
const MAX_QUOTED = 5;

/** Title and body of the issue; `redact` is applied to every text before it is laid out. */
export function issueText(report: Report, redact: (text: string) => string): IssueText {
  const told = redactedReport(report, redact);
  const { status } = told;
  const subject = told.rollout ?? told.name;
  const title = titleText(
    `Canary of ${subject} ${outcome(status.verdict)}: ${status.message ?? status.reason ?? ''}`,
    MAX_TITLE,
  );
  const sections = [
    prose(status.message ?? ''),
    factsTable(told),
    whatToDo(told),
    ...findingsSection(status.findings ?? [], status.moreFindings ?? 0),
    ...changeSection(told.change),
    ...opinionsSection(status.opinions ?? []),
    ...coverageSection(status.coverage),
  ];
  return { title, body: bounded(sections, quotesSection(status.findings ?? []), report, 1) };
}

/** The comment on an issue whose cause was met again, for the `seen`th time. */
export function againText(report: Report, seen: number, redact: (text: string) => string): string {
  const told = redactedReport(report, redact);
  const { status } = told;
  const sections = [
    `**The same cause again, for the ${ordinal(seen)} time.** ${prose(status.message ?? '')}`,
    factsTable(told),
    ...findingsSection(status.findings ?? [], status.moreFindings ?? 0),
  ];
  return bounded(sections, quotesSection(status.findings ?? []), report, seen);
}

/** The comment on an issue that a later Promote of the same rollout closes. */
export function closingText(report: Report, seen: number, redact: (text: string) => string): string {
  const told = redactedReport(report, redact);
  const { rollout, name, status } = told;
  const sections = [
    `**A canary of ${codeSpan(rollout ?? name)} was promoted.** ${prose(status.message ?? '')}`,
    factsTable(told),
    'This issue is closed with it; the same cause opens it again.',
  ];
  return bounded(sections, [], report, seen);
}

function bounded(
  sections: readonly string[],
  quotes: readonly string[],
  report: Report,
  seen: number,
): string {
  const mark = markerLine(markerOf(report, seen));
  const whole = [...sections, ...quotes, mark].join('\n\n');
  return whole.length <= MAX_BODY ? whole : `${cut(sections.join('\n\n'), MAX_BODY)}\n\n${mark}`;
}

function ordinal(count: number): string {
  const last = count % 100;
  if (last > 10 && last < 14) return `${count}th`;
  return `${count}${['th', 'st', 'nd', 'rd'][count % 10] ?? 'th'}`;
}

function changeSection(change: readonly ChangeItem[] | undefined): string[] {
  if (change === undefined || change.length === 0) return [];
  const value = (text: string | undefined): string => (text === undefined ? '' : codeSpan(text));
  const rows = change
    .slice(0, MAX_CHANGES)
    .map(({ path, before, after }) => `| ${codeSpan(path)} | ${value(before)} | ${value(after)} |`);
  const more = change.length - rows.length;
  return [
    [
      '### What changed in the pod template',
      '',
      '| | Stable | Canary |',
      '|---|---|---|',
      ...rows,
      ...(more > 0 ? ['', `and ${more} more`] : []),
    ].join('\n'),
  ];
}

function outcome(verdict: string | undefined): string {
  return verdict === 'Abort' ? 'aborted' : verdict === 'Promote' ? 'promoted' : 'not decided';
}

function factsTable({ namespace, name, rollout, analysisRun, metric, status }: Report): string {
  const hashes =
    status.stableHash === undefined && status.canaryHash === undefined
      ? undefined
      : `${status.stableHash ?? '?'} → ${status.canaryHash ?? '?'}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Verdict', status.verdict],
    ['Reason', status.reason],
    ['Confidence', status.confidence === undefined ? undefined : `${status.confidence} %`],
    ['Assessment', status.assessment],
    ['Rollout', rollout && `${namespace}/${rollout}`],
    ['Revisions', hashes],
    ['CanaryAnalysis', `${namespace}/${name}`],
    [
      'AnalysisRun',
      analysisRun && `${namespace}/${analysisRun}${metric === undefined ? '' : ` (${metric})`}`,
    ],
    ['Observed', status.window && `${status.window.canaryStart} – ${status.window.end}`],
  ];
  return [
    '| | |',
    '|---|---|',
    ...rows.flatMap(([label, value]) => (value === undefined ? [] : [`| ${label} | ${codeSpan(value)} |`])),
  ].join('\n');
}

function whatToDo({ namespace, name, status }: Report): string {
  const known = Object.entries(REASONS).find(([reason]) => reason === status.reason)?.[1];
  const remediation = status.opinions?.find((opinion) => opinion.remediation)?.remediation;
  return [
    '### What to do',
    '',
    ...(known === undefined ? [] : [`- ${known.action}`]),
    ...(remediation === undefined ? [] : [`- The reviewer suggests: ${prose(remediation)}`]),
    `- The whole record: ${codeSpan(`kubectl get canaryanalysis -n ${namespace} ${name} -o yaml`)}`,
  ].join('\n');
}

function findingsSection(findings: readonly Finding[], more: number): string[] {
  if (findings.length === 0) return [];
  const rows = findings.map(({ id, severity, kind, message, stableCount, canaryCount }) =>
    [id, severity, codeSpan(kind), prose(message), stableCount ?? '', canaryCount ?? ''].join(' | '),
  );
  return [
    [
      '### Findings',
      '',
      '| | Severity | Kind | What | Stable | Canary |',
      '|---|---|---|---|---:|---:|',
      ...rows.map((row) => `| ${row} |`),
      ...(more === 0 ? [] : ['', `and ${more} more`]),
    ].join('\n'),
  ];
}

function quotesSection(findings: readonly Finding[]): string[] {
  const quoted = findings.filter(({ samples }) => samples !== undefined && samples.length > 0);
  if (quoted.length === 0) return [];
  return [
    '### What the logs say',
    ...quoted.slice(0, MAX_QUOTED).map(({ id, samples = [] }) => `${id}\n\n${fence(samples.join('\n'))}`),
  ];
}

function opinionsSection(opinions: readonly Opinion[]): string[] {
  return opinions.map((opinion) =>
    [
      `### Opinion of ${codeSpan(opinion.reviewer)}`,
      '',
      `${opinion.verdict}, confidence ${opinion.confidence} %${opinion.advisory ? ', after the verdict' : ''}`,
      ...(
        [
          ['Summary', opinion.summary],
          ['Root cause', opinion.rootCause],
          ['Remediation', opinion.remediation],
        ] as const
      ).flatMap(([label, text]) => (text ? ['', `**${label}**: ${prose(text)}`] : [])),
    ].join('\n'),
  );
}

function coverageSection(coverage: Coverage | undefined): string[] {
  if (coverage === undefined) return [];
  const row = (label: string, side: SideCoverage): string =>
    `| ${label} | ${side.podsRead} of ${side.podsFound} | ${side.podsReady} | ${side.containers} | ${side.lines} | ${side.bytes} |`;
  return [
    [
      '### What was looked at',
      '',
      '| | Pods read | Ready | Containers | Lines | Bytes |',
      '|---|---:|---:|---:|---:|---:|',
      row('Stable', coverage.stable),
      row('Canary', coverage.canary),
      ...(coverage.power === undefined
        ? []
        : ['', `A clearly worse canary would have been noticed with a chance of ${coverage.power} %.`]),
      ...(coverage.gaps ?? []).map((gap, index) => `${index === 0 ? '\n' : ''}- Not seen: ${prose(gap)}`),
    ].join('\n'),
  ];
}
