import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { AssessmentName, Finding as PublicFinding } from '../../crds/v1alpha1/status.ts';
import type { Recorded, Snapshot } from '../bundle/index.ts';
import { assess, checkCitations, decide } from '../judge/index.ts';
import type { Assessed, Decision, Distilled, EffectivePolicy, Finding, ReviewOutcome } from '../model.ts';

/** What is judged again, and under which circumstances. */
export interface Replayed {
  /** What it is called. */
  readonly name: string;
  readonly snapshot: Pick<Snapshot, 'evidence' | 'distilled'>;
  /** What was said recorded. */
  readonly recorded: Account;
  readonly policy: EffectivePolicy;
  readonly minPower: number;
  readonly look: number;
  readonly review: ReviewOutcome;
}

/** What was said then, as far as it is known. */
export interface Account extends Recorded {
  readonly findings?: readonly Pick<PublicFinding, 'kind' | 'severity' | 'template' | 'message'>[];
  /** True when weaker findings were left out of the record. */
  readonly moreFindings?: boolean;
}

/** One field that would be another today. */
export interface Difference {
  readonly field: string;
  readonly before: string;
  readonly now: string;
}

/** What came of judging again. */
export interface Replay {
  readonly name: string;
  readonly recorded: Account;
  readonly decision: Decision;
  readonly assessed: Assessed;
  readonly differences: readonly Difference[];
}

/** Judges again, as pure as the judge is. */
export function replay(again: Replayed): Replay {
  const { snapshot, minPower, look, policy, review, recorded, name } = again;
  const { evidence, distilled } = snapshot;
  const assessed = assess({ evidence, distilled, minPower, look });
  const decision = decide(assessed, checked(review, assessed, distilled), policy);
  return { name, recorded, decision, assessed, differences: differences(recorded, decision, assessed) };
}

/** Ids are of today's findings: what an opinion cited is looked for in them. */
function checked(review: ReviewOutcome, assessed: Assessed, distilled: Distilled): ReviewOutcome {
  return review.kind === 'opinion'
    ? { ...review, opinion: checkCitations(review.opinion, assessed, distilled) }
    : review;
}

/** What an analysis recorded, and under which circumstances. */
export function recordOf({ metadata, status = {} }: CanaryAnalysis): Account {
  const { verdict, reason, message, confidence, assessment, findings, moreFindings = 0 } = status;
  return {
    analysis: metadata.name,
    ...(verdict === undefined ? {} : { verdict }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(assessment === undefined ? {} : { assessment }),
    ...(findings === undefined ? {} : { findings }),
    moreFindings: moreFindings > 0,
  };
}

/** What the reviewers of an analysis said, as far as its verdict heard them; that those it has said nothing is no answer, whatever the verdict was for. */
export function reviewOf({ status = {} }: CanaryAnalysis): ReviewOutcome {
  const opinion = status.opinions?.find(({ advisory }) => advisory !== true);
  if (opinion !== undefined) return { kind: 'opinion', opinion, causes: [] };
  const asked = (status.effective?.reviewers ?? []).length > 0;
  return asked ? { kind: 'unavailable', causes: [] } : { kind: 'notConfigured' };
}

function differences(recorded: Account, decision: Decision, assessed: Assessed): Difference[] {
  const found: Difference[] = [];
  const compare = (field: string, before: string | number | undefined, now: string | number): void => {
    if (before !== undefined && String(before) !== String(now))
      found.push({ field, before: String(before), now: String(now) });
  };
  compare('verdict', recorded.verdict, decision.verdict);
  compare('reason', recorded.reason, decision.reason);
  compare('confidence', recorded.confidence, decision.confidence);
  compare('assessment', recorded.assessment, assessed.assessment satisfies AssessmentName);
  compare('message', recorded.message, decision.message);
  return [...found, ...findingDifferences(recorded, assessed.findings)];
}

/** Findings by kind and template: gone, new, or of another severity. Where the record was cut, nothing is called new. */
function findingDifferences(recorded: Account, now: readonly Finding[]): Difference[] {
  if (recorded.findings === undefined) return [];
  const key = ({
    kind,
    template = '',
    message,
  }: Pick<PublicFinding, 'kind' | 'template' | 'message'>): string =>
    JSON.stringify([kind, template === '' ? message : template]);
  const earlier = new Map(recorded.findings.map((finding) => [key(finding), finding]));
  const today = new Map(now.map((finding) => [key(finding), finding]));
  const show = ({ severity, kind, message }: Pick<PublicFinding, 'severity' | 'kind' | 'message'>): string =>
    `${severity} ${kind}: ${message}`;
  const found: Difference[] = [];
  for (const [id, finding] of earlier) {
    const again = today.get(id);
    if (again === undefined) found.push({ field: 'finding', before: show(finding), now: 'none' });
    else if (again.severity !== finding.severity)
      found.push({ field: 'finding', before: show(finding), now: show(again) });
  }
  if (recorded.moreFindings === true) return found;
  for (const [id, finding] of today)
    if (!earlier.has(id)) found.push({ field: 'finding', before: 'none', now: show(finding) });
  return found;
}
