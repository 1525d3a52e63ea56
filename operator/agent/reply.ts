import { REASONS, type Reason } from '../../crds/reasons.ts';
import type { Opinion } from '../../crds/v1alpha1/status.ts';
import type { Assessed, Decision, Evidence } from '../model.ts';

/** What the agent answers: the kubernetes-agent's fields, and the same as an opinion. */
export interface Reply {
  readonly analysis: string;
  readonly rootCause: string;
  readonly remediation: string;
  readonly prLink: null;
  /** True for a verdict of Promote and nothing else. */
  readonly promote: boolean;
  /** 0–100. */
  readonly confidence: number;
  readonly verdict: 'Promote' | 'Abort' | 'Inconclusive';
  readonly summary: string;
  /** Empty: ids of this agent's findings mean nothing to who asks. */
  readonly citations: readonly never[];
  readonly reason: Reason;
  readonly assessment?: Assessed['assessment'];
  /** Which model was heard. */
  readonly reviewer?: string;
}

/** Findings that are told; the rest is counted. */
const MAX_FINDINGS = 5;
const MAX_GAPS = 5;

/** What is judged, and how it came out. */
export interface Judged {
  readonly decision: Decision;
  readonly assessed: Assessed;
  readonly evidence: Evidence;
  readonly opinion?: Opinion;
}

/** The answer to what was judged. A verdict of Error is none to promote or to abort by. */
export function replyOf({ decision, assessed, evidence, opinion }: Judged): Reply {
  const { reason, message, confidence } = decision;
  const verdict = decision.verdict === 'Error' ? 'Inconclusive' : decision.verdict;
  const { findings } = assessed;
  const [strongest] = findings;
  const told = findings
    .slice(0, MAX_FINDINGS)
    .map((finding) => `${finding.severity} ${finding.kind}: ${finding.message}`);
  const more = findings.length > MAX_FINDINGS ? [`and ${findings.length - MAX_FINDINGS} more findings`] : [];
  const gaps = evidence.gaps.slice(0, MAX_GAPS).map((gap) => `not seen: ${gap}`);
  return {
    analysis: [message, ...told, ...more, ...gaps].join('\n'),
    rootCause: opinion?.rootCause ?? (verdict === 'Promote' ? '' : (strongest?.message ?? message)),
    remediation: opinion?.remediation ?? (verdict === 'Promote' ? '' : REASONS[reason].action),
    prLink: null,
    promote: verdict === 'Promote',
    confidence,
    verdict,
    summary: message,
    citations: [],
    reason,
    assessment: assessed.assessment,
    ...(opinion === undefined ? {} : { reviewer: opinion.reviewer }),
  };
}

/** The answer where there is nothing to judge. */
export function nothingToJudge(why: string, remediation: string): Reply {
  return {
    analysis: why,
    rootCause: '',
    remediation,
    prLink: null,
    promote: false,
    confidence: 0,
    verdict: 'Inconclusive',
    summary: why,
    citations: [],
    reason: 'InsufficientEvidence',
  };
}

/** The body of an answer that is an error, in the kubernetes-agent's fields; it never promotes. */
export function failureBody(message: string): object {
  return {
    analysis: `Error: ${message}`,
    rootCause: 'Analysis failed',
    remediation: 'See the analysis; the agent has changed nothing.',
    prLink: null,
    promote: false,
    confidence: 0,
  };
}
