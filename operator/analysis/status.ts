import type {
  CanaryAnalysisStatus,
  Condition,
  Coverage,
  Finding,
  Opinion,
} from '../../crds/v1alpha1/status.ts';
import { getCondition, setCondition } from '../kernel/conditions.ts';
import type { Decision, Instant, Finding as JudgedFinding } from '../model.ts';

/** The most that a status may weigh as JSON, in bytes. */
export const MAX_STATUS_BYTES = 32 * 1024;
/** A larger fix does not leave enough room for what the verdict rests on. */
const MAX_FIX_BYTES = 12 * 1024;
const MAX_FINDINGS = 20;
const MAX_GAPS = 20;
const MAX_MESSAGE = 1024;
const MAX_TEXT = 512;

/** An instant as a status shows it. */
export function timestamp(at: Instant): string {
  return new Date(at).toISOString();
}

/** A condition as a step sets it. */
export type ConditionUpdate = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The conditions with one of them set; its transition time changes only with its status. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  update: ConditionUpdate,
  at: Instant,
  generation: number | undefined,
): Condition[] {
  const next = { ...update, ...(generation === undefined ? {} : { observedGeneration: generation }) };
  return setCondition<Condition>(conditions, next, new Date(at));
}

/** A condition of an analysis, if it has it. */
export function conditionOf(
  status: CanaryAnalysisStatus | undefined,
  type: Condition['type'],
): Condition | undefined {
  return getCondition(status?.conditions, type);
}

/** The coverage cut to what a status holds. */
export function publicCoverage({ gaps = [], ...coverage }: Coverage): Coverage {
  return {
    ...coverage,
    ...(gaps.length === 0 ? {} : { gaps: gaps.slice(0, MAX_GAPS).map((gap) => clip(gap, MAX_MESSAGE)) }),
    ...(gaps.length > MAX_GAPS ? { moreGaps: gaps.length - MAX_GAPS } : {}),
  };
}

/** Findings in their public form, the strongest, and how many there are beyond those. */
export function publicFindings(findings: readonly JudgedFinding[]): { findings: Finding[]; more: number } {
  const shown = findings.slice(0, MAX_FINDINGS).map(({ templateId: _internal, ...finding }) => ({
    ...finding,
    message: clip(finding.message, MAX_MESSAGE),
    ...(finding.template === undefined ? {} : { template: clip(finding.template, MAX_TEXT) }),
    ...(finding.samples === undefined
      ? {}
      : { samples: finding.samples.slice(0, 3).map((sample) => clip(sample, MAX_TEXT)) }),
  }));
  return { findings: shown, more: Math.max(0, findings.length - MAX_FINDINGS) };
}

/** An opinion cut to what a status holds. */
export function publicOpinion(opinion: Opinion): Opinion {
  return {
    ...opinion,
    ...(opinion.summary === undefined ? {} : { summary: clip(opinion.summary, MAX_MESSAGE) }),
    ...(opinion.rootCause === undefined ? {} : { rootCause: clip(opinion.rootCause, MAX_MESSAGE) }),
    ...(opinion.remediation === undefined ? {} : { remediation: clip(opinion.remediation, MAX_MESSAGE) }),
    ...(opinion.citations === undefined
      ? {}
      : {
          citations: opinion.citations
            .slice(0, 10)
            .map((citation) => ({ ...citation, quote: clip(citation.quote, MAX_TEXT) })),
        }),
  };
}

/** The fields that a verdict adds to a status. */
export function verdictFields(
  decision: Decision,
  status: CanaryAnalysisStatus,
  at: Instant,
  generation: number | undefined,
): CanaryAnalysisStatus {
  const startTime = status.startTime ?? timestamp(at);
  const message = clip(decision.message, MAX_MESSAGE);
  return {
    ...status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    startTime,
    verdict: decision.verdict,
    reason: decision.reason,
    message,
    confidence: Math.max(0, Math.min(100, Math.round(decision.confidence))),
    completionTime: timestamp(at),
    durationSeconds: Math.max(0, Math.round((at - Date.parse(startTime)) / 1000)),
    conditions: withCondition(
      status.conditions,
      { type: 'Complete', status: 'True', reason: decision.reason, message },
      at,
      generation,
    ),
  };
}

/**
 * The status cut to {@link MAX_STATUS_BYTES}: a fix that is too large goes, then the quotes, then findings and gaps from the
 * weakest on; of these what was left out stays counted.
 */
export function trimStatus(status: CanaryAnalysisStatus): CanaryAnalysisStatus {
  let result = status;
  for (const trim of TRIMS) {
    while (sizeOf(result) > MAX_STATUS_BYTES) {
      const next = trim(result);
      if (next === undefined) break;
      result = next;
    }
  }
  return result;
}

type Trim = (status: CanaryAnalysisStatus) => CanaryAnalysisStatus | undefined;

const TRIMS: readonly Trim[] = [
  (status) => {
    const opinions = status.opinions ?? [];
    if (!opinions.some(isTooLarge)) return undefined;
    return {
      ...status,
      opinions: opinions.map((opinion) => {
        const { proposedFix: _dropped, ...rest } = opinion;
        return isTooLarge(opinion) ? { ...rest, fixLeftOut: 'the status has no room for it' } : opinion;
      }),
    };
  },
  (status) => {
    const findings = status.findings ?? [];
    if (!findings.some(({ samples }) => (samples?.length ?? 0) > 1)) return undefined;
    return {
      ...status,
      findings: findings.map((finding) =>
        finding.samples === undefined ? finding : { ...finding, samples: finding.samples.slice(0, 1) },
      ),
    };
  },
  (status) => {
    const gaps = status.coverage?.gaps ?? [];
    if (status.coverage === undefined || gaps.length <= 5) return undefined;
    const moreGaps = (status.coverage.moreGaps ?? 0) + 1;
    return { ...status, coverage: { ...status.coverage, gaps: gaps.slice(0, -1), moreGaps } };
  },
  (status) => {
    const findings = status.findings ?? [];
    if (findings.length <= 1) return undefined;
    return { ...status, findings: findings.slice(0, -1), moreFindings: (status.moreFindings ?? 0) + 1 };
  },
  (status) => {
    const opinions = status.opinions ?? [];
    if (!opinions.some(({ citations }) => (citations?.length ?? 0) > 0)) return undefined;
    return { ...status, opinions: opinions.map(({ citations: _dropped, ...opinion }) => opinion) };
  },
];

/** A fix of 8192 characters takes 8 KiB; only one of other scripts or control characters takes much more. */
function isTooLarge({ proposedFix }: Opinion): boolean {
  return proposedFix !== undefined && Buffer.byteLength(JSON.stringify(proposedFix)) > MAX_FIX_BYTES;
}

function sizeOf(status: CanaryAnalysisStatus): number {
  return Buffer.byteLength(JSON.stringify(status));
}

/** A text of at most `length` characters, never half a surrogate pair. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
