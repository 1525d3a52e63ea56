import type { Verdict } from './v1alpha1/status.ts';

/** One entry of the catalogue of reasons. */
export interface ReasonEntry {
  /** The verdicts it can stand beside; empty for reasons that only the plugin or a condition gives. */
  readonly verdicts: readonly Verdict[];
  /** What it means. */
  readonly meaning: string;
  /** What a person can do about it. */
  readonly action: string;
}

/** Every `status.reason` and every reason of a measurement that ends without one: its meaning and what to do. */
export const REASONS = {
  NoRegression: {
    verdicts: ['Promote'],
    meaning: 'Enough was seen and nothing speaks against the canary; no reviewer is configured.',
    action: 'None.',
  },
  ReviewerAgrees: {
    verdicts: ['Promote'],
    meaning: 'Nothing speaks against the canary and the reviewer is of the same mind.',
    action: 'None.',
  },
  SuspicionAnswered: {
    verdicts: ['Promote'],
    meaning: 'There were suspicious findings; the reviewer answered each with evidence that checks.',
    action: 'Read the opinion if in doubt.',
  },
  BlockingFact: {
    verdicts: ['Abort'],
    meaning:
      'The canary does not run: it crashes, cannot start, or ended itself with an error that stable lacks.',
    action: 'Read the finding and the logs of the pod it names.',
  },
  Regression: {
    verdicts: ['Abort'],
    meaning: 'The canary logs errors that stable lacks or logs far more rarely.',
    action: 'Read the findings; the templates name the code that logs them.',
  },
  RegressionDisputed: {
    verdicts: ['Inconclusive'],
    meaning: 'The canary logs significantly more errors, but the reviewer does not hold them against it.',
    action: 'Compare findings and opinion, then promote or abort by hand.',
  },
  ReviewerAborted: {
    verdicts: ['Abort'],
    meaning: 'The reviewer advises against the canary with evidence that checks.',
    action: 'Read the opinion: root cause and remediation.',
  },
  ReviewerUncertain: {
    verdicts: ['Inconclusive'],
    meaning: 'The reviewer could not decide.',
    action: 'Read the opinion, then promote or abort by hand.',
  },
  LowConfidence: {
    verdicts: ['Inconclusive'],
    meaning: 'The reviewer would promote, but with less confidence than the policy asks for.',
    action: 'Promote or abort by hand; or lower policy.minConfidence.',
  },
  UncheckedCitation: {
    verdicts: ['Inconclusive'],
    meaning: 'The reviewer advises against the canary, but cites nothing that is in the evidence.',
    action: 'Read the opinion, then promote or abort by hand.',
  },
  SuspicionUnanswered: {
    verdicts: ['Inconclusive'],
    meaning: 'The reviewer would promote, but left a suspicious finding without an answer that checks.',
    action: 'Read the findings, then promote or abort by hand.',
  },
  Suspicion: {
    verdicts: ['Inconclusive', 'Abort'],
    meaning: 'There is weaker evidence against the canary and no reviewer is configured.',
    action: 'Read the findings, then promote or abort by hand; policy.onSuspicion decides which it becomes.',
  },
  ReviewerUnavailable: {
    verdicts: ['Error', 'Inconclusive', 'Abort'],
    meaning: 'Reviewers are configured and none gave a valid opinion in time.',
    action:
      'Look at the condition Reviewed for the cause; policy.onReviewerUnavailable decides what it becomes.',
  },
  InsufficientEvidence: {
    verdicts: ['Inconclusive', 'Abort', 'Error'],
    meaning: 'Too little was seen to notice a bad canary: no Ready pod, unread logs, or too little traffic.',
    action: 'Look at status.coverage; send traffic, wait longer, or repair what could not be read.',
  },
  NoBaseline: {
    verdicts: ['Inconclusive', 'Abort', 'Error'],
    meaning: 'There are no stable pods and no stored evidence of them: nothing to compare with.',
    action: 'Keep stable pods while analysing (traffic routing, or a weight below 100).',
  },
  Cancelled: {
    verdicts: ['Inconclusive'],
    meaning: 'The analysis was cancelled before it had a verdict.',
    action: 'None: whoever waited no longer does.',
  },
  AnalysisRunEnded: {
    verdicts: ['Inconclusive'],
    meaning: 'The AnalysisRun ended, or was deleted, before there was a verdict.',
    action: 'None: nobody waits for it.',
  },
  Replaced: {
    verdicts: ['Inconclusive'],
    meaning: 'A later measurement of the same metric exists; this one was left behind.',
    action: 'None: the later one is decided.',
  },
  Superseded: {
    verdicts: ['Inconclusive'],
    meaning: 'The Rollout has moved on to another revision.',
    action: 'None: look at the analyses of the newer revision.',
  },
  SameRevision: {
    verdicts: ['Error'],
    meaning: 'Stable and canary are the same revision: there is nothing to compare.',
    action: 'Do not analyse a first deployment or a finished rollout.',
  },
  SelectorFindsNothing: {
    verdicts: ['Error'],
    meaning: 'The given selector finds no pod.',
    action: 'Compare the selector with `kubectl get pods --show-labels`.',
  },
  InvalidSelector: {
    verdicts: ['Error'],
    meaning: 'A selector does not parse.',
    action: 'Use the syntax of `kubectl get pods -l`.',
  },
  SubjectUnresolved: {
    verdicts: ['Error'],
    meaning: 'The Rollout, ReplicaSet or AnalysisRun that tells which pods to compare cannot be found.',
    action: 'Name a rolloutRef, or selectors for both sides.',
  },
  EvidenceUnreadable: {
    verdicts: ['Error'],
    meaning: 'The pods, or the objects that tell which pods to compare, cannot be read.',
    action: 'The message names the right that is missing or the API server that does not answer.',
  },
  InvalidConfiguration: {
    verdicts: ['Error'],
    meaning: 'The configuration is not valid.',
    action: 'The message names the field.',
  },
  NotInstalled: {
    verdicts: [],
    meaning: 'The CanaryAnalysis resource is not installed in the cluster.',
    action: 'Apply the CustomResourceDefinition of this project.',
  },
  UpgradeNeeded: {
    verdicts: [],
    meaning: 'The installed CustomResourceDefinition is older than the plugin and lacks a field.',
    action: 'Apply the CustomResourceDefinition of this version.',
  },
  CreateRefused: {
    verdicts: [],
    meaning: 'The API server refused to create the CanaryAnalysis.',
    action: 'The message names the ClusterRole and the account.',
  },
  NameTaken: {
    verdicts: [],
    meaning: 'An object of the same name exists that does not belong to this measurement.',
    action: 'Delete it, or rename the metric.',
  },
  AnalysisDeleted: {
    verdicts: [],
    meaning: 'The CanaryAnalysis was deleted before it had a verdict.',
    action: 'None: Argo Rollouts measures again.',
  },
  OperatorNotRunning: {
    verdicts: [],
    meaning: 'No operator took up the analysis.',
    action: 'Check the operator Deployment, its logs, and the namespaces it watches.',
  },
  DeadlineMissed: {
    verdicts: [],
    meaning: 'The operator gave no verdict by the deadline of the analysis.',
    action: 'Check the operator Deployment and its logs.',
  },
  ApiServerUnavailable: {
    verdicts: [],
    meaning: 'The API server did not answer for as long as the plugin may wait.',
    action: 'None: Argo Rollouts measures again.',
  },
} as const satisfies Record<string, ReasonEntry>;

/** A reason from the catalogue. */
export type Reason = keyof typeof REASONS;
