import type { ObjectName, Policy } from './spec.ts';

/** What the analysis came to. */
export type Verdict = 'Promote' | 'Abort' | 'Inconclusive' | 'Error';

/** What the evidence alone says, before any reviewer: the first that holds, in this order. */
export type AssessmentName =
  | 'Blocking'
  | 'NoBaseline'
  | 'Regressed'
  | 'Insufficient'
  | 'Suspicious'
  | 'Clean';

/** How much one finding weighs. */
export type Severity = 'Blocking' | 'Regressed' | 'Suspicious' | 'Info';

/**
 * An instant, RFC 3339 in UTC.
 * @format date-time
 */
export type Timestamp = string;

/**
 * A count.
 * @minimum 0
 * @format int64
 */
export type Count = number;

/**
 * @minimum 0
 * @maximum 100
 */
export type Percent = number;

/**
 * One sentence or a few for a person.
 * @maxLength 1024
 */
export type Message = string;

/**
 * A short identifier.
 * @maxLength 253
 */
export type Identifier = string;

/** The interval the evidence was taken from, on each side. */
export interface ObservedWindow {
  canaryStart: Timestamp;
  stableStart: Timestamp;
  end: Timestamp;
}

/** What was read on one side. */
export interface SideCoverage {
  /** Pods that belong to the side. */
  podsFound: Count;
  /** Pods whose logs and facts were read. */
  podsRead: Count;
  podsReady: Count;
  containers: Count;
  lines: Count;
  bytes: Count;
  /** Occurrences that rates are relative to: lines of ordinary templates both sides have, or Ready pod-seconds. */
  exposure: Count;
}

/** What was looked at and what could not be seen; the part unseen counts against power. */
export interface Coverage {
  stable: SideCoverage;
  canary: SideCoverage;
  exposureUnit?: 'lines' | 'podSeconds';
  /** The chance, in percent, that a clearly worse canary would have been noticed. */
  power?: Percent;
  /** Where the baseline came from; `None` means nothing to compare with. */
  baseline?: 'Pods' | 'Snapshot' | 'None';
  /** Values replaced by placeholders before anything was stored or sent. */
  redactions?: Count;
  /**
   * What was not seen, one line each: a refused, rotated, cut or hanging log, pods left out.
   * @maxItems 20
   * @listType atomic
   */
  gaps?: Message[];
  /** Gaps beyond those listed. */
  moreGaps?: Count;
}

/** One difference or fact, checkable against the evidence. */
export interface Finding {
  /**
   * `F1`, `F2`, … strongest first.
   * @pattern ^F[0-9]{1,4}$
   */
  id: string;
  /** What kind of finding this is; docs/findings.md has a section for each. */
  kind: Identifier;
  severity: Severity;
  message: Message;
  /**
   * The masked log template.
   * @maxLength 512
   */
  template?: string;
  stableCount?: Count;
  canaryCount?: Count;
  /** Canary pods that show it. */
  canaryPods?: Count;
  /**
   * One-sided p-value before correction, in millionths.
   * @minimum 0
   * @maximum 1000000
   */
  pValueMillionths?: number;
  /**
   * Redacted quotes.
   * @maxItems 3
   * @listType atomic
   */
  samples?: Sample[];
}

/**
 * @maxLength 512
 */
export type Sample = string;

/** A quote by which a reviewer supports its opinion. */
export interface Citation {
  /**
   * A finding (`F1`) or a template (`T1`).
   * @pattern ^[FT][0-9]{1,5}$
   */
  id: string;
  /** @maxLength 512 */
  quote: string;
  /** Whether the quote is in that id's evidence. */
  checks: boolean;
}

/** What a reviewer said, and whether it holds. */
export interface Opinion {
  /** `gemini`, `openAI` or `a2a`, with the model or host: `gemini/gemini-2.0-flash-exp`. */
  reviewer: Identifier;
  verdict: 'Promote' | 'Abort' | 'Inconclusive';
  confidence: Percent;
  summary?: Message;
  rootCause?: Message;
  remediation?: Message;
  /**
   * @maxItems 10
   * @listType atomic
   */
  citations?: Citation[];
  /** True when it arrived after the verdict and changed nothing. */
  advisory?: boolean;
  /** True for an agent that gathers evidence of its own. */
  ownEvidence?: boolean;
  /** A pull request the agent says it opened. */
  pullRequestURL?: Link;
  inputTokens?: Count;
  outputTokens?: Count;
  durationMilliseconds?: Count;
}

/**
 * @maxLength 2048
 */
export type Link = string;

/** Where the stored evidence is. */
export interface EvidenceReference {
  /** Name of the ConfigMap in the same namespace. */
  configMap: ObjectName;
  bytes: Count;
  expires: Timestamp;
}

/** The values that took effect after spec, operator configuration and built-in values were put together. */
export interface Effective {
  lookbackSeconds: Count;
  waitSeconds: Count;
  minPower: Percent;
  timeoutSeconds: Count;
  policy: Required<Policy>;
  /**
   * @maxItems 8
   * @listType atomic
   */
  reviewers: Identifier[];
}

/** What reviewers cost. */
export interface Usage {
  inputTokens: Count;
  outputTokens: Count;
  reviewMilliseconds: Count;
}

/** One step of the analysis and how it stands. */
export interface Condition {
  type: 'EvidenceCollected' | 'EvidenceStored' | 'Reviewed' | 'Complete' | 'Reported';
  status: 'True' | 'False' | 'Unknown';
  /**
   * @minLength 1
   * @maxLength 64
   * @pattern ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$
   */
  reason: string;
  message: Message;
  lastTransitionTime: Timestamp;
  observedGeneration?: Count;
}

/** The record of the analysis. A verdict, once set, stays. */
export interface CanaryAnalysisStatus {
  observedGeneration?: Count;
  /** The Rollout as resolved. */
  rollout?: ObjectName;
  verdict?: Verdict;
  /**
   * Why, as one word; docs/reasons.md has a section for each.
   * @maxLength 64
   */
  reason?: string;
  /** Why, as one sentence a person can act on. */
  message?: Message;
  /** How sure the verdict is. */
  confidence?: Percent;
  assessment?: AssessmentName;
  startTime?: Timestamp;
  completionTime?: Timestamp;
  durationSeconds?: Count;
  window?: ObservedWindow;
  /** @maxLength 63 */
  stableHash?: string;
  /** @maxLength 63 */
  canaryHash?: string;
  /**
   * Which look at this revision this is, counted from 1: repeated looks are tested more strictly.
   * @minimum 1
   * @maximum 1000000
   */
  look?: number;
  effective?: Effective;
  coverage?: Coverage;
  /**
   * The strongest first.
   * @maxItems 20
   * @listType map
   * @listMapKey id
   */
  findings?: Finding[];
  /** Findings beyond those listed. */
  moreFindings?: Count;
  /**
   * @maxItems 8
   * @listType atomic
   */
  opinions?: Opinion[];
  issueURL?: Link;
  pullRequestURL?: Link;
  /** The pull request, else the issue. */
  link?: Link;
  evidenceRef?: EvidenceReference;
  usage?: Usage;
  /**
   * @maxItems 10
   * @listType map
   * @listMapKey type
   */
  conditions?: Condition[];
}
