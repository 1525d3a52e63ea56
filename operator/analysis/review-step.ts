import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { ANNOTATION_CONFIG_WARNINGS, LABEL_POD_TEMPLATE_HASH } from '../../crds/v1alpha1/labels.ts';
import type { CanaryAnalysisStatus, Opinion, Usage } from '../../crds/v1alpha1/status.ts';
import { pullRequestIn } from '../github/index.ts';
import { checkCitations } from '../judge/index.ts';
import type { ReviewOutcome, ReviewRequest } from '../model.ts';
import { askReviewers } from '../review/index.ts';
import { logFields } from './analysis-log.ts';
import type { AnalysisMetrics } from './metrics.ts';
import type { Gathered } from './observe-step.ts';
import type { StepContext } from './resolve-step.ts';
import { type ConditionUpdate, publicOpinion } from './status.ts';

/** Asks the reviewers of an analysis; citations come back checked. */
export async function reviewStep(
  context: StepContext,
  gathered: Gathered,
  selectors: AgentSelectors,
  budgetMs: number | undefined,
): Promise<ReviewOutcome> {
  const { deps, settings, signal } = context;
  const reviewers = settings.reviewers.map((spec) => deps.createReviewer(spec));
  const outcome = await askReviewers(reviewers, requestOf(context.analysis, gathered, selectors), {
    signal,
    clock: deps.clock,
    logger: deps.logger.child(logFields(context.analysis)),
    ...(budgetMs === undefined ? {} : { budgetMs }),
  });
  countReview(deps.metrics, outcome);
  if (outcome.kind !== 'opinion') return outcome;
  const { assessed, distilled } = gathered;
  return { ...outcome, opinion: checkCitations(outcome.opinion, assessed, distilled) };
}

/** What an agent that reads logs itself is told to select pods by. */
export interface AgentSelectors {
  readonly stable?: string;
  readonly canary?: string;
}

/** The given selectors, else the Rollout's own with the hash of each revision. */
export function agentSelectors(
  analysis: CanaryAnalysis,
  rolloutSelector: string | undefined,
): AgentSelectors {
  const { spec, status } = analysis;
  const own = (hash: string | undefined): string | undefined =>
    hash === undefined
      ? undefined
      : [...(rolloutSelector ? [rolloutSelector] : []), `${LABEL_POD_TEMPLATE_HASH}=${hash}`].join(',');
  const stable = spec.stable?.selector ?? own(status?.stableHash);
  const canary = spec.canary?.selector ?? own(status?.canaryHash);
  return { ...(stable === undefined ? {} : { stable }), ...(canary === undefined ? {} : { canary }) };
}

function requestOf(analysis: CanaryAnalysis, gathered: Gathered, selectors: AgentSelectors): ReviewRequest {
  const { spec, status, metadata } = analysis;
  const rollout = status?.rollout ?? spec.rolloutRef?.name;
  return {
    namespace: metadata.namespace ?? '',
    ...(rollout === undefined ? {} : { rollout }),
    ...(selectors.stable === undefined ? {} : { stableSelector: selectors.stable }),
    ...(selectors.canary === undefined ? {} : { canarySelector: selectors.canary }),
    ...(spec.canary?.podName === undefined ? {} : { podName: spec.canary.podName }),
    ...(spec.extraPrompt === undefined ? {} : { extraPrompt: spec.extraPrompt }),
    ...(spec.gitHub === undefined ? {} : { repoURL: spec.gitHub.url }),
    ...(spec.gitHub?.baseBranch === undefined ? {} : { baseBranch: spec.gitHub.baseBranch }),
    ...(status?.look === undefined ? {} : { look: status.look }),
    ...(metadata.uid === undefined ? {} : { questionID: `${metadata.uid}/${status?.look ?? 1}` }),
    ...gathered,
  };
}

/** What a review adds to the status; an agent's pull request where it points into the configured repository. */
export function reviewFields(
  { spec }: CanaryAnalysis,
  outcome: ReviewOutcome,
  advisory: boolean,
): CanaryAnalysisStatus {
  if (outcome.kind === 'notConfigured') return {};
  const usage = usageOf(outcome);
  if (outcome.kind === 'unavailable') return { usage };
  const opinion: Opinion = { ...publicOpinion(outcome.opinion), ...(advisory ? { advisory } : {}) };
  const agents = outcome.opinion.pullRequestURL;
  const pullRequestURL =
    agents === undefined || spec.gitHub === undefined ? undefined : pullRequestIn(spec.gitHub.url, agents);
  return {
    opinions: [opinion],
    usage,
    ...(pullRequestURL === undefined ? {} : { pullRequestURL, link: pullRequestURL }),
  };
}

/** How the review went, as a condition; it also says what of the configuration could not be done as written. */
export function reviewedCondition(analysis: CanaryAnalysis, outcome: ReviewOutcome): ConditionUpdate {
  const notes = configWarnings(analysis);
  const say = (message: string): string => [message, ...notes].join(' ');
  if (outcome.kind === 'notConfigured') {
    const message = say('No reviewer is configured: the findings alone decide.');
    return { type: 'Reviewed', status: 'False', reason: 'NotConfigured', message };
  }
  const causes = outcome.causes.map(({ reviewer, message }) => `${reviewer}: ${message}`).join('; ');
  if (outcome.kind === 'unavailable') {
    return { type: 'Reviewed', status: 'False', reason: 'ReviewerUnavailable', message: say(`${causes}.`) };
  }
  const { reviewer, verdict, confidence } = outcome.opinion;
  const answer = `${reviewer} says ${verdict} with confidence ${confidence}.`;
  return {
    type: 'Reviewed',
    status: 'True',
    reason: 'Answered',
    message: say(causes === '' ? answer : `${answer} Asked before: ${causes}.`),
  };
}

/** What the plugin found in its configuration that works, but not as written. */
export function configWarnings(analysis: CanaryAnalysis): string[] {
  const text = analysis.metadata.annotations?.[ANNOTATION_CONFIG_WARNINGS] ?? '';
  return text.split('\n').filter((line) => line.trim() !== '');
}

function countReview(metrics: AnalysisMetrics, outcome: ReviewOutcome): void {
  if (outcome.kind === 'notConfigured') return;
  for (const { reviewer, usage } of outcome.causes) {
    metrics.review(kindOf(reviewer), 'failed');
    if (usage !== undefined) metrics.tokens(kindOf(reviewer), usage);
  }
  if (outcome.kind === 'unavailable') return;
  const { opinion } = outcome;
  const kind = kindOf(opinion.reviewer);
  const usage = opinionUsage(opinion);
  metrics.review(kind, RESULT[opinion.verdict]);
  metrics.reviewed(kind, usage.reviewMilliseconds / 1000);
  metrics.tokens(kind, usage);
}

const RESULT = { Promote: 'promote', Abort: 'abort', Inconclusive: 'inconclusive' } as const;

/** `gemini` of `gemini/gemini-2.0-flash`. */
function kindOf(reviewer: string): string {
  return reviewer.split('/', 1)[0] ?? reviewer;
}

/** What all reviewers together cost, those that failed included. */
function usageOf(outcome: Exclude<ReviewOutcome, { kind: 'notConfigured' }>): Usage {
  const failed = outcome.causes.flatMap(({ usage }) => (usage === undefined ? [] : [usage]));
  const all = outcome.kind === 'opinion' ? [...failed, opinionUsage(outcome.opinion)] : failed;
  const sum = (field: keyof Usage): number => all.reduce((total, usage) => total + usage[field], 0);
  return {
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    reviewMilliseconds: sum('reviewMilliseconds'),
  };
}

function opinionUsage(opinion: Opinion): Usage {
  return {
    inputTokens: opinion.inputTokens ?? 0,
    outputTokens: opinion.outputTokens ?? 0,
    reviewMilliseconds: opinion.durationMilliseconds ?? 0,
  };
}
