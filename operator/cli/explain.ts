import { REASONS, type Reason } from '../../crds/reasons.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type {
  CanaryAnalysisStatus,
  Coverage,
  Finding,
  Opinion,
  SideCoverage,
} from '../../crds/v1alpha1/status.ts';
import { firstLine, printable } from './printable.ts';

/** One line of JSON: the record of an analysis with what its reason means and what to do. */
export function explainJson({ metadata, status = {} }: CanaryAnalysis): string {
  const entry = reasonEntry(status.reason);
  const { name, namespace } = metadata;
  return JSON.stringify({
    analysis: name,
    namespace,
    ...(entry === undefined ? {} : { meaning: entry.meaning, action: entry.action }),
    status,
  });
}

/** The story of an analysis for people: from the verdict to what it rests on. */
export function explainText(analysis: CanaryAnalysis): string {
  const { status = {} } = analysis;
  return [
    ...heading(analysis),
    ...why(status),
    ...findings(status),
    ...(status.coverage === undefined ? [] : coverage(status, status.coverage)),
    ...opinions(status.opinions ?? []),
    ...steps(status),
    ...links(status),
  ]
    .map(printable)
    .join('\n');
}

function heading({ metadata, spec, status = {} }: CanaryAnalysis): string[] {
  const { verdict, reason, confidence, message, durationSeconds, look } = status;
  const rollout = status.rollout ?? spec?.rolloutRef?.name;
  const title = [
    `CanaryAnalysis ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`,
    ...(rollout === undefined ? [] : [` of Rollout ${rollout}`]),
    ...(status.canaryHash === undefined
      ? []
      : [`, revision ${status.canaryHash} against ${status.stableHash ?? 'no baseline'}`]),
    ...(look === undefined || look === 1 ? [] : [`, look ${look} at it`]),
  ].join('');
  if (verdict === undefined) return [title, `  no verdict yet${message === undefined ? '' : `: ${message}`}`];
  const sure = confidence === undefined ? '' : `, confidence ${confidence} %`;
  const took = durationSeconds === undefined ? '' : `, after ${durationSeconds} s`;
  return [title, `  ${verdict} (${reason ?? 'no reason'}${sure})${took}`, `  ${message ?? ''}`];
}

function why({ reason }: CanaryAnalysisStatus): string[] {
  const entry = reasonEntry(reason);
  if (entry === undefined) return [];
  return ['', `What ${reason} means`, `  ${entry.meaning}`, 'What to do', `  ${entry.action}`];
}

function reasonEntry(reason: string | undefined): (typeof REASONS)[Reason] | undefined {
  return reason !== undefined && Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : undefined;
}

function findings({ findings: all = [], moreFindings = 0, assessment }: CanaryAnalysisStatus): string[] {
  if (assessment === undefined && all.length === 0) return [];
  const more = moreFindings > 0 ? ` and ${moreFindings} weaker ones that were not kept` : '';
  return [
    '',
    `Findings: ${all.length === 0 ? 'none' : all.length}${more}${assessment === undefined ? '' : `; the evidence alone says ${assessment}`}`,
    ...all.flatMap(finding),
  ];
}

function finding(each: Finding): string[] {
  const numbers = [
    each.canaryCount === undefined ? '' : `canary ${each.canaryCount}`,
    each.canaryPods === undefined ? '' : `in ${each.canaryPods} ${each.canaryPods === 1 ? 'pod' : 'pods'}`,
    each.stableCount === undefined ? '' : `stable ${each.stableCount}`,
    each.pValueMillionths === undefined ? '' : pValue(each.pValueMillionths),
  ].filter((text) => text !== '');
  return [
    `  ${each.id} ${each.severity} ${each.kind}: ${each.message}`,
    ...(numbers.length === 0 ? [] : [`     ${numbers.join(', ')}`]),
    ...(each.samples ?? []).map((sample) => `     > ${firstLine(sample)}`),
    ...(each.severity === 'Info' ? [] : [`     docs/findings.md#${each.kind.toLowerCase()}`]),
  ];
}

function pValue(millionths: number): string {
  return millionths === 0 ? 'p < 0.000001' : `p = ${(millionths / 1e6).toFixed(6).replace(/0+$/, '')}`;
}

function coverage({ window }: CanaryAnalysisStatus, seen: Coverage): string[] {
  const unit = seen.exposureUnit === 'podSeconds' ? 'Ready pod-seconds' : 'lines of shared work';
  const side = (name: string, s: SideCoverage): string =>
    `  ${name}: ${s.podsRead} of ${s.podsFound} pods read, ${s.podsReady} ready, ${s.containers} containers, ${s.lines} lines, exposure ${s.exposure} ${unit}`;
  const baseline =
    seen.baseline === 'Snapshot'
      ? ['  the baseline is stored evidence: its pods had gone']
      : seen.baseline === 'None'
        ? ['  there was no baseline']
        : [];
  return [
    '',
    `Looked at${window === undefined ? '' : ` ${window.canaryStart} to ${window.end}`}`,
    side('stable', seen.stable),
    side('canary', seen.canary),
    ...baseline,
    ...(seen.power === undefined
      ? []
      : [`  a clearly worse canary would have been noticed with ${seen.power} % chance`]),
    ...(seen.redactions === undefined || seen.redactions === 0
      ? []
      : [`  ${seen.redactions} secret or personal values were replaced by placeholders`]),
    ...(seen.gaps ?? []).map((gap) => `  not seen: ${gap}`),
    ...(seen.moreGaps === undefined || seen.moreGaps === 0 ? [] : [`  … and ${seen.moreGaps} more not seen`]),
  ];
}

function opinions(all: readonly Opinion[]): string[] {
  if (all.length === 0) return [];
  return ['', 'Reviewers', ...all.flatMap(opinion)];
}

function opinion(each: Opinion): string[] {
  const { reviewer, verdict, confidence, advisory, summary, rootCause, remediation, citations = [] } = each;
  return [
    `  ${reviewer} says ${verdict}, confidence ${confidence} %${advisory === true ? ' (after the verdict; it changed nothing)' : ''}`,
    ...(summary === undefined ? [] : [`    ${summary}`]),
    ...(rootCause === undefined ? [] : [`    cause: ${rootCause}`]),
    ...(remediation === undefined ? [] : [`    remedy: ${remediation}`]),
    ...citations.map(
      ({ id, quote, checks }) =>
        `    cites ${id} ${JSON.stringify(firstLine(quote))}: ${checks ? 'it is in the evidence' : 'NOT in the evidence'}`,
    ),
  ];
}

function steps({ conditions = [] }: CanaryAnalysisStatus): string[] {
  const open = conditions.filter(({ status, type }) => status !== 'True' && type !== 'Complete');
  if (open.length === 0) return [];
  return [
    '',
    'Steps that did not happen, or not yet',
    ...open.map(({ type, reason, message }) => `  ${type}: ${reason}: ${message}`),
  ];
}

function links({ issueURL, pullRequestURL, evidenceRef }: CanaryAnalysisStatus): string[] {
  const found = [
    ...(issueURL === undefined ? [] : [`  issue ${issueURL}`]),
    ...(pullRequestURL === undefined ? [] : [`  pull request ${pullRequestURL}`]),
    ...(evidenceRef === undefined
      ? []
      : [
          `  evidence in ConfigMap ${evidenceRef.configMap} until ${evidenceRef.expires}: canary-analysis replay judges it again`,
        ]),
  ];
  return found.length === 0 ? [] : ['', 'See also', ...found];
}
