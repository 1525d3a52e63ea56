import type { Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import type { Cluster } from '../evidence/index.ts';
import { BUILT_IN_POLICY, checkCitations, decide } from '../judge/index.ts';
import type { Logger } from '../kernel/logger.ts';
import type { EffectivePolicy, ReviewOutcome } from '../model.ts';
import { askReviewers, type Reviewer } from '../review/index.ts';
import { gather, type Subjects } from './gather.ts';
import type { Question } from './question.ts';
import { nothingToJudge, type Reply, replyOf } from './reply.ts';
import { Slots } from './slots.ts';

/** How an agent judges. */
export interface AnalystOptions {
  /** Where evidence is read from; without one there is nothing to judge by. */
  readonly cluster?: Cluster;
  /** Who is asked about the findings, in this order. */
  readonly reviewers: readonly Reviewer[];
  /** {@link BUILT_IN_POLICY} when absent. */
  readonly policy?: EffectivePolicy;
  /** Analyses at a time. */
  readonly concurrency: number;
  /** Analyses that may wait for their turn; more are turned away. */
  readonly waiting: number;
  /** For one analysis from its beginning, milliseconds. */
  readonly timeoutMs: number;
  readonly waitMs: number;
  readonly lookbackMs: number;
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Judges what it is asked about. */
export interface Analyst {
  /**
   * @throws CodedError of the cluster or of the subject; `REVIEWER_UNAVAILABLE` when the time is over; `ABORTED`; Busy.
   */
  analyze(question: Question, signal: AbortSignal): Promise<Reply>;
}

/** As a CanaryAnalysis' `observation.minPower`, percent. */
const MIN_POWER = 80;
/** Waiting for evidence may take this part of the time; reading it and asking reviewers get the rest. */
const WAIT_SHARE = 0.4;
/** Of the time, kept for the answer. */
const ANSWER_SHARE = 0.1;

/**
 * The judge as an analyst: it collects the evidence of both sides by the selectors it is given, assesses it, asks its own
 * reviewers, and decides by the same table as the operator. Without selectors, or without a cluster, it does not decide.
 */
export function createAnalyst(options: AnalystOptions): Analyst {
  const slots = new Slots(options.concurrency, options.waiting);
  return {
    async analyze(question, signal) {
      const { clock, timeoutMs } = options;
      const deadline = startDeadline(clock, timeoutMs, signal);
      try {
        return await slots.run(deadline.signal, () => analyze(question, options, deadline.signal));
      } catch (error) {
        if (!deadline.expired || !isCoded(error, 'ABORTED')) throw error;
        throw new CodedError(
          'EVIDENCE_UNREADABLE',
          `context deadline exceeded: the analysis took longer than ${timeoutMs / 1000} s`,
          { cause: error },
        );
      } finally {
        deadline.dispose();
      }
    },
  };
}

async function analyze(question: Question, options: AnalystOptions, signal: AbortSignal): Promise<Reply> {
  const { cluster, reviewers, policy = BUILT_IN_POLICY, clock, logger, redact } = options;
  const { namespace, rollout } = question;
  if (cluster === undefined)
    return nothingToJudge(
      'This agent has no access to a cluster.',
      'Give it a ServiceAccount or a kubeconfig.',
    );
  if (!hasSubjects(question)) {
    return nothingToJudge(
      'Nothing says which pods to compare.',
      'Give namespace, stableSelector and canarySelector in the context.',
    );
  }
  const started = clock.monotonic();
  const { look = 1 } = question;
  logger.info('Fetching logs of both sides', { namespace, rollout, look });
  const waitMs = Math.min(options.waitMs, options.timeoutMs * WAIT_SHARE);
  const { lookbackMs } = options;
  const gathered = await gather(question, {
    cluster,
    clock,
    redact,
    lookbackMs,
    waitMs,
    minPower: MIN_POWER,
    signal,
  });
  const outcome = await askReviewers(
    reviewers,
    { ...publicQuestion(question), ...gathered },
    {
      signal,
      clock,
      logger,
      budgetMs: Math.max(0, options.timeoutMs * (1 - ANSWER_SHARE) - (clock.monotonic() - started)),
    },
  );
  const { assessed, distilled, evidence } = gathered;
  const heard: ReviewOutcome =
    outcome.kind === 'opinion'
      ? { ...outcome, opinion: checkCitations(outcome.opinion, assessed, distilled) }
      : outcome;
  const decision = decide(assessed, heard, policy);
  logger.info('Analysis finished', {
    namespace,
    rollout,
    verdict: decision.verdict,
    reason: decision.reason,
    assessment: assessed.assessment,
    findings: assessed.findings.length,
    durationMilliseconds: Math.round(clock.monotonic() - started),
  });
  return replyOf({
    decision,
    assessed,
    evidence,
    ...(heard.kind === 'opinion' ? { opinion: heard.opinion } : {}),
  });
}

function hasSubjects(question: Question): question is Subjects {
  const { namespace, stableSelector, canarySelector } = question;
  return namespace !== undefined && stableSelector !== undefined && canarySelector !== undefined;
}

/** What its own reviewers are told: no selectors, for they look at nothing themselves. */
function publicQuestion({ namespace, rollout, extraPrompt }: Subjects) {
  return {
    namespace,
    ...(rollout === undefined ? {} : { rollout }),
    ...(extraPrompt === undefined ? {} : { extraPrompt }),
  };
}
