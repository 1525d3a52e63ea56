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
 * @maximum 9007199254740991
 * @format int64
 */
export type Count = number;

/**
 * A share in percent.
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
  /** When the canary's interval begins. */
  canaryStart: Timestamp;
  /** When the baseline's interval begins. */
  stableStart: Timestamp;
  /** When both intervals end. */
  end: Timestamp;
}

/** What was read on one side. */
export interface SideCoverage {
  /** Pods that belong to the side. */
  podsFound: Count;
  /** Pods whose logs and facts were read. */
  podsRead: Count;
  /** Pods that were Ready when the window ended. */
  podsReady: Count;
  /** Containers whose logs were read. */
  containers: Count;
  /** Log lines read. */
  lines: Count;
  /** Log bytes read. */
  bytes: Count;
  /** Occurrences that rates are relative to: lines of ordinary templates both sides have, or Ready pod-seconds. */
  exposure: Count;
}

/** What was looked at and what could not be seen; the part unseen counts against power. */
export interface Coverage {
  /** What was read of the baseline. */
  stable: SideCoverage;
  /** What was read of the canary. */
  canary: SideCoverage;
  /** What exposure is counted in. */
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
  /** How much it weighs. */
  severity: Severity;
  /** What was found, as one sentence with its numbers. */
  message: Message;
  /**
   * The masked log template.
   * @maxLength 512
   */
  template?: string;
  /** Occurrences on stable within the window. */
  stableCount?: Count;
  /** Occurrences on canary within the window. */
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
 * A log record as it was logged, redacted.
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
  /**
   * The words it relies on.
   * @maxLength 512
   */
  quote: string;
  /** Whether the quote is in that id's evidence. */
  checks: boolean;
}

/** One change of a file: `before` stands there exactly once and becomes `after`; with an empty `before` the file is new. */
export interface ProposedEdit {
  /**
   * The file, relative to the repository's root, with `/`.
   * @minLength 1
   * @maxLength 256
   */
  path: string;
  /**
   * The text that is there now.
   * @maxLength 4096
   */
  before: string;
  /**
   * The text that is to be there.
   * @maxLength 4096
   */
  after: string;
}

/** A fix that a reviewer proposes for a person to look at. */
export interface ProposedFix {
  /** What it changes and why. */
  summary: Message;
  /**
   * The changes; 8 KiB together.
   * @minItems 1
   * @maxItems 8
   * @listType atomic
   */
  edits: ProposedEdit[];
}

/** What a reviewer said, and whether it holds. */
export interface Opinion {
  /** `gemini`, `openAI` or `a2a`, with the model or host: `gemini/gemini-2.0-flash-exp`. */
  reviewer: Identifier;
  /** What the reviewer advises. */
  verdict: 'Promote' | 'Abort' | 'Inconclusive';
  /** How sure the reviewer says it is. */
  confidence: Percent;
  /** What the reviewer says, in short. */
  summary?: Message;
  /** The cause the reviewer sees. */
  rootCause?: Message;
  /** What the reviewer advises to do about it. */
  remediation?: Message;
  /**
   * The quotes the opinion rests on.
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
  /** The fix it proposes; for a pull request, where these are on. */
  proposedFix?: ProposedFix;
  /** Why a fix that it proposed was not kept: a few words. */
  fixLeftOut?: Message;
  /** Tokens sent to the reviewer. */
  inputTokens?: Count;
  /** Tokens the reviewer answered with. */
  outputTokens?: Count;
  /** How long the reviewer took. */
  durationMilliseconds?: Count;
}

/**
 * A URL for a person to open.
 * @maxLength 2048
 */
export type Link = string;

/** Where the stored evidence is. */
export interface EvidenceReference {
  /** Name of the ConfigMap in the same namespace. */
  configMap: ObjectName;
  /** Size of the stored evidence. */
  bytes: Count;
  /** When the stored evidence is deleted. */
  expires: Timestamp;
}

/** The values that took effect after spec, operator configuration and built-in values were put together. */
export interface Effective {
  /** How far back evidence was read. */
  lookbackSeconds: Count;
  /** How long the operator waits for enough evidence. */
  waitSeconds: Count;
  /** The power asked for. */
  minPower: Percent;
  /** When the operator decides with what it has, from creation. */
  timeoutSeconds: Count;
  /** The policy with every field set. */
  policy: Required<Policy>;
  /**
   * The reviewers in the order they are asked.
   * @maxItems 8
   * @listType atomic
   */
  reviewers: Identifier[];
}

/** What reviewers cost. */
export interface Usage {
  /** Tokens sent to reviewers. */
  inputTokens: Count;
  /** Tokens received from reviewers. */
  outputTokens: Count;
  /** Time spent on review. */
  reviewMilliseconds: Count;
}

/** One step of the analysis and how it stands. */
export interface Condition {
  /** Which step. */
  type: 'EvidenceCollected' | 'EvidenceStored' | 'Reviewed' | 'Complete' | 'Reported';
  /** Whether it holds. */
  status: 'True' | 'False' | 'Unknown';
  /**
   * Why, as one word.
   * @minLength 1
   * @maxLength 64
   * @pattern ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$
   */
  reason: string;
  /** Why, as a sentence. */
  message: Message;
  /** When `status` last changed. */
  lastTransitionTime: Timestamp;
  /** The generation of the object this was written for. */
  observedGeneration?: Count;
}

/** The record of the analysis. A verdict, once set, stays. */
export interface CanaryAnalysisStatus {
  /** The generation of the object that was last acted on. */
  observedGeneration?: Count;
  /** The Rollout as resolved. */
  rollout?: ObjectName;
  /** The answer. */
  verdict?: Verdict;
  /**
   * Why, as one word; docs/reasons.md explains each.
   * @maxLength 64
   */
  reason?: string;
  /** Why, as one sentence a person can act on. */
  message?: Message;
  /** How sure the verdict is. */
  confidence?: Percent;
  /** What the evidence alone says. */
  assessment?: AssessmentName;
  /** When the operator took the analysis up. */
  startTime?: Timestamp;
  /** When the verdict was written. */
  completionTime?: Timestamp;
  /** From start to completion. */
  durationSeconds?: Count;
  /** The interval the evidence was taken from. */
  window?: ObservedWindow;
  /**
   * Pod template hash of the baseline, resolved once.
   * @maxLength 63
   */
  stableHash?: string;
  /**
   * Pod template hash of the revision under analysis, resolved once.
   * @maxLength 63
   */
  canaryHash?: string;
  /**
   * Which look at this revision this is, counted from 1: repeated looks are tested more strictly.
   * @minimum 1
   * @maximum 1000000
   */
  look?: number;
  /** The settings that took effect. */
  effective?: Effective;
  /** What was looked at, and what was not seen. */
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
   * What reviewers said.
   * @maxItems 8
   * @listType atomic
   */
  opinions?: Opinion[];
  /** The GitHub issue about this cause. */
  issueURL?: Link;
  /** The pull request that proposes a fix. */
  pullRequestURL?: Link;
  /** The pull request, else the issue. */
  link?: Link;
  /** Where the stored evidence is. */
  evidenceRef?: EvidenceReference;
  /** What reviewers cost. */
  usage?: Usage;
  /**
   * The steps and how they stand.
   * @maxItems 10
   * @listType map
   * @listMapKey type
   */
  conditions?: Condition[];
}
