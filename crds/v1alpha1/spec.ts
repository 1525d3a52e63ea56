/**
 * A label selector in kubectl's string syntax, e.g. `app=web,role in (canary,preview)`.
 * @maxLength 1024
 */
export type Selector = string;

/**
 * The name of an object in the same namespace.
 * @minLength 1
 * @maxLength 253
 */
export type ObjectName = string;

/**
 * An absolute http or https URL without user info.
 * @maxLength 2048
 * @pattern ^https?://[^\s@/?#]+([/?#][^\s]*)?$
 */
export type HttpUrl = string;

/** The Rollout whose canary is judged. */
export interface RolloutReference {
  /** Name of the Rollout. */
  name: ObjectName;
}

/** The Argo Rollouts measurement that waits for the verdict; absent when a person asked. */
export interface MeasurementReference {
  /** Name of the AnalysisRun. */
  analysisRun: ObjectName;
  /**
   * UID of the AnalysisRun: the same name may belong to another run later.
   * @minLength 1
   * @maxLength 64
   */
  analysisRunUID: string;
  /**
   * Name of the metric within the AnalysisRun.
   * @minLength 1
   * @maxLength 253
   */
  metric: string;
  /**
   * Which measurement of the metric this is, counted from 1 and including those that ended in error.
   * @minimum 1
   * @maximum 1000000
   */
  ordinal: number;
  /**
   * The AnalysisRun's own `rollouts-pod-template-hash` label: the revision under analysis.
   * @maxLength 63
   */
  podTemplateHash?: string;
}

/** Which pods are the baseline. */
export interface StableSelector {
  /** Narrows the pods of the stable revision; stands alone only where no revision is known. */
  selector?: Selector;
}

/** Which pods are under analysis. */
export interface CanarySelector {
  /** Narrows the pods of the canary revision; stands alone only where no revision is known. */
  selector?: Selector;
  /** One pod to name to an agent; narrows nothing here. */
  podName?: ObjectName;
}

/** How long to look, and how much has to be seen. */
export interface Observation {
  /**
   * How far back evidence is read, in seconds. 600 when unset.
   * @minimum 10
   * @maximum 86400
   */
  lookbackSeconds?: number;
  /**
   * How long to wait for evidence with enough power, in seconds; a hard fact ends the wait at once. 60 when unset.
   * @minimum 0
   * @maximum 3600
   */
  waitSeconds?: number;
  /**
   * The chance, in percent, with which a canary that logs clearly more errors must have been noticed before silence counts as health. 80 when unset; 0 waives the demand: then nothing seen is enough to promote.
   * @minimum 0
   * @maximum 100
   */
  minPower?: number;
}

/** Bounds on what is read from the cluster. */
export interface EvidenceLimits {
  /**
   * Bytes kept of one container's log, the newest first. 16777216 when unset.
   * @minimum 65536
   * @maximum 1073741824
   */
  maxBytesPerContainer?: number;
  /**
   * Pods read on each side. 10 when unset.
   * @minimum 1
   * @maximum 100
   */
  maxPods?: number;
  /**
   * Containers read in each pod. 10 when unset.
   * @minimum 1
   * @maximum 50
   */
  maxContainers?: number;
  /**
   * Distinct log templates kept per analysis. 5000 when unset.
   * @minimum 100
   * @maximum 20000
   */
  maxTemplates?: number;
}

/** Review by a Gemini model. */
export interface GeminiReviewer {
  /**
   * Model name, e.g. `gemini-2.0-flash-exp`; the operator's own when unset.
   * @minLength 1
   * @maxLength 128
   */
  model?: string;
}

/** Review by a model behind an OpenAI-compatible server. */
export interface OpenAIReviewer {
  /**
   * Model name; the operator's own when unset.
   * @minLength 1
   * @maxLength 128
   */
  model?: string;
  /** Base URL of the server, e.g. `https://llm.example.com/v1`; the operator's own when unset. */
  baseURL?: HttpUrl;
}

/** Review by an agent over A2A, or the kubernetes-agent's REST interface. */
export interface A2AReviewer {
  /** Where the agent lives; the operator's own (`K8S_AGENT_URL`) when unset. */
  url?: HttpUrl;
}

/**
 * One reviewer; exactly one of `gemini`, `openAI`, `a2a` is set.
 * @exactlyOneOf gemini,openAI,a2a
 */
export interface Reviewer {
  /** A Gemini model. */
  gemini?: GeminiReviewer;
  /** A model behind an OpenAI-compatible server. */
  openAI?: OpenAIReviewer;
  /** An agent. */
  a2a?: A2AReviewer;
  /**
   * How long this reviewer may take, in seconds. 120 when unset.
   * @minimum 1
   * @maximum 3600
   */
  timeoutSeconds?: number;
}

/** What a verdict becomes where the evidence alone does not decide. No value promotes. */
export interface Policy {
  /**
   * When reviewers are configured and none answered. `UseFindings` decides as if none were configured. `Inconclusive` when unset.
   */
  onReviewerUnavailable?: 'Error' | 'Inconclusive' | 'Abort' | 'UseFindings';
  /** When too little was seen to notice a bad canary. `Inconclusive` when unset. */
  onInsufficientEvidence?: 'Inconclusive' | 'Abort' | 'Error';
  /** When there are suspicious findings and no reviewer is configured. `Inconclusive` when unset. */
  onSuspicion?: 'Inconclusive' | 'Abort';
  /** When there is nothing to compare with. `Inconclusive` when unset. */
  onNoBaseline?: 'Inconclusive' | 'Abort' | 'Error';
  /**
   * A reviewer's Promote counts from this confidence on, in percent. 50 when unset.
   * @minimum 0
   * @maximum 100
   */
  minConfidence?: number;
}

/** Where a failed canary is reported. */
export interface GitHubReport {
  /** The repository, e.g. `https://github.com/acme/shop`. */
  url: HttpUrl;
  /**
   * The branch a pull request is made against; the repository's default branch when unset.
   * @minLength 1
   * @maxLength 255
   */
  baseBranch?: string;
  /** Which verdicts open an issue. `OnAbort` when unset. */
  issue?: 'OnAbort' | 'OnAbortOrInconclusive' | 'Never';
  /** Whether to propose a fix as a pull request; the operator's `AUTO_PR_ENABLED` when unset. */
  pullRequest?: boolean;
}

/** What to analyse, with which means, and what to do where the evidence does not decide. Immutable but for `cancelled` and `ttlSecondsAfterFinished`. */
export interface CanaryAnalysisSpec {
  /** The Rollout whose canary is judged; taken from the AnalysisRun when absent. */
  rolloutRef?: RolloutReference;
  /** The Argo Rollouts measurement that waits for the verdict; absent when a person asked. */
  measurement?: MeasurementReference;
  /** Which pods are the baseline. */
  stable?: StableSelector;
  /** Which pods are under analysis. */
  canary?: CanarySelector;
  /** How long to look, and how much has to be seen. */
  observation?: Observation;
  /** Bounds on what is read from the cluster. */
  evidence?: EvidenceLimits;
  /**
   * Reviewers in fallback order: the first valid opinion counts.
   * @maxItems 8
   * @listType atomic
   */
  reviewers?: Reviewer[];
  /** What the verdict becomes where the evidence alone does not decide. No value promotes. */
  policy?: Policy;
  /**
   * The owner's own words to every reviewer, e.g. "Ignore colour changes".
   * @maxLength 8192
   */
  extraPrompt?: string;
  /** Where a failed canary is reported. */
  gitHub?: GitHubReport;
  /**
   * When the operator decides with what it has, in seconds from creation. 600 when unset.
   * @minimum 10
   * @maximum 7200
   */
  timeoutSeconds?: number;
  /**
   * Ends the analysis as Inconclusive; cannot be taken back.
   * @mutable oneWay
   */
  cancelled?: boolean;
  /**
   * How long the finished object is kept, in seconds. 2592000 (30 days) when unset.
   * @minimum 0
   * @maximum 31536000
   * @mutable
   */
  ttlSecondsAfterFinished?: number;
}
