import type { ProposedFix } from '../../crds/v1alpha1/status.ts';
import { MAX_EDITS } from './fix.ts';
import { codeSpan, fence, prose, titleText } from './markdown.ts';
import { markerLine, markerOf } from './marker.ts';
import { type Report, redactedReport, redactedTexts } from './report.ts';

/** What a pull request is about: a fix that applies, or a proposal in words and why it is not more. */
export type Proposal =
  | {
      readonly kind: 'fix';
      readonly fix: ProposedFix;
      readonly reviewer: string;
      readonly files: readonly string[];
    }
  | { readonly kind: 'proposal'; readonly path: string; readonly why: string };

const MAX_TITLE = 120;

/** Title and body of a pull request; `redact` is applied to every text before it is laid out. */
export function pullRequestText(
  from: Report,
  proposed: Proposal,
  issueNumber: number | undefined,
  redact: (text: string) => string,
): { readonly title: string; readonly body: string } {
  const [report, proposal] = [redactedReport(from, redact), redactedTexts(proposed, redact)];
  const subject = report.rollout ?? report.name;
  const what = proposal.kind === 'fix' ? 'Fix' : 'Proposal for';
  const about = proposal.kind === 'fix' ? proposal.fix.summary : (report.status.message ?? '');
  const body = [
    proposal.kind === 'fix'
      ? `${codeSpan(proposal.reviewer)} proposes: ${prose(proposal.fix.summary)}`
      : `${prose(`${sentence(proposal.why)} This adds a file that says what was found, for a person to act on: `)}${codeSpan(proposal.path)}`,
    ...(proposal.kind === 'fix'
      ? [['Changed:', '', ...proposal.files.map((file) => `- ${codeSpan(file)}`)].join('\n')]
      : []),
    'It was written by a program from what logs and pods say. **Read it before you merge it.**',
    `The canary of ${codeSpan(subject)} was aborted: ${prose(report.status.message ?? '')}`,
    ...(issueNumber === undefined ? [] : [`Refs #${issueNumber}`]),
    `The whole record: ${codeSpan(`kubectl get canaryanalysis -n ${report.namespace} ${report.name} -o yaml`)}`,
    markerLine(markerOf(from, 1)),
  ].join('\n\n');
  return { title: titleText(`${what} ${subject}: ${about}`, MAX_TITLE), body };
}

/** The file of a proposal: what was found, what the reviewers say, and the fix that was not applied. */
export function proposalFile(
  report: Report,
  fix: ProposedFix | undefined,
  why: string,
  redact: (text: string) => string,
): string {
  const { status, rollout, name, namespace } = redactedReport(report, redact);
  const opinion = status.opinions?.find(({ rootCause, remediation }) => rootCause || remediation);
  const findings = (status.findings ?? [])
    .filter(({ severity }) => severity !== 'Info')
    .map(({ id, severity, message }) => `- ${id}, ${severity}: ${prose(message)}`);
  return `${[
    `# Proposal for ${codeSpan(rollout ?? name)}`,
    prose(status.message ?? ''),
    ...(findings.length === 0 ? [] : [['## What was found', '', ...findings].join('\n')]),
    ...(opinion?.rootCause ? [`## Root cause\n\n${prose(opinion.rootCause)}`] : []),
    ...(opinion?.remediation ? [`## What to do\n\n${prose(opinion.remediation)}`] : []),
    ...(fix === undefined ? [] : [fixInWords(redactedTexts(fix, redact), redact(why))]),
    `Analysis: ${codeSpan(`${namespace}/${name}`)}`,
  ].join('\n\n')}\n`;
}

function fixInWords(fix: ProposedFix, why: string): string {
  const shown = fix.edits.slice(0, MAX_EDITS);
  const edits = shown.flatMap(({ path, before, after }) => [
    `### ${codeSpan(path)}`,
    ...(before === '' ? ['A new file:'] : ['Instead of', fence(before), 'write']),
    fence(after),
  ]);
  const more = fix.edits.length - shown.length;
  return [
    '## The fix that was proposed',
    `${prose(fix.summary)} It was not applied: ${prose(why)}.`,
    ...edits,
    ...(more > 0 ? [`and ${more} more edits`] : []),
  ].join('\n\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
