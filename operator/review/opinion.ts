import type { Citation, Opinion } from '../../crds/v1alpha1/status.ts';
import { plainText } from './escape.ts';
import type { AgentAnswer, ModelAnswer } from './opinion-schema.ts';
import { keptFix } from './proposed-fix.ts';

/** What is known of an opinion besides the answer. */
export interface OpinionContext {
  readonly reviewer: string;
  readonly durationMilliseconds: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly redact: (text: string) => string;
  /** Takes the marks off that the evidence was shown with; there are none when absent. */
  readonly unmarked?: (text: string) => string;
}

/** `Message` of the status. */
const MAX_TEXT = 1024;
const MAX_QUOTE = 512;
const MAX_CITATIONS = 10;
const MAX_LINK = 2048;

/** A model's answer as an opinion: bounded, redacted, its citations not checked yet, its fix left out where it cannot be kept. */
export function modelOpinion(answer: ModelAnswer, context: OpinionContext): Opinion {
  const kept = answer.proposedFix == null ? undefined : keptFix(answer.proposedFix, context);
  return {
    ...base(context, answer.confidence),
    verdict: answer.verdict,
    ...texts(context, answer.summary, answer.rootCause, answer.remediation),
    citations: citations(answer, context),
    ...(kept === undefined ? {} : 'fix' in kept ? { proposedFix: kept.fix } : { fixLeftOut: kept.leftOut }),
  };
}

/** A kubernetes-agent's answer as an opinion; `ownEvidence` tells whether it was given selectors to look for itself. */
export function agentOpinion(answer: AgentAnswer, context: OpinionContext, ownEvidence: boolean): Opinion {
  const found = httpLink(answer.prLink);
  const link = found !== undefined && context.redact(found) === found ? found : undefined;
  return {
    ...base(context, answer.confidence),
    verdict: answer.promote ? 'Promote' : 'Abort',
    ...texts(context, answer.analysis, answer.rootCause, answer.remediation),
    ownEvidence,
    ...(link === undefined ? {} : { pullRequestURL: link }),
  };
}

function base(context: OpinionContext, confidence: number): Omit<Opinion, 'verdict'> {
  const { reviewer, durationMilliseconds, inputTokens, outputTokens } = context;
  return {
    reviewer,
    confidence,
    durationMilliseconds: Math.round(durationMilliseconds),
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}

function texts(
  { redact, unmarked = asIs }: OpinionContext,
  summary: string,
  rootCause: string,
  remediation: string,
): Pick<Opinion, 'summary' | 'rootCause' | 'remediation'> {
  const clean = (text: string): string => plainText(redact(unmarked(text)), MAX_TEXT);
  return {
    summary: clean(summary),
    ...(rootCause.trim() === '' ? {} : { rootCause: clean(rootCause) }),
    ...(remediation.trim() === '' ? {} : { remediation: clean(remediation) }),
  };
}

function citations(answer: ModelAnswer, { redact, unmarked = asIs }: OpinionContext): Citation[] {
  const distinct = new Map<string, Citation>();
  for (const { id, quote } of answer.citations) {
    const citation = { id, quote: redact(unmarked(quote)).slice(0, MAX_QUOTE), checks: false };
    distinct.set(`${id} ${citation.quote}`, citation);
  }
  return [...distinct.values()].slice(0, MAX_CITATIONS);
}

const asIs = (text: string): string => text;

/** The link of a pull request when it is an http or https URL without user info. */
function httpLink(text: string | null | undefined): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const safe = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return safe && url.href.length <= MAX_LINK ? url.href : undefined;
}
