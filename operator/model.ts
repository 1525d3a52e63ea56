import type { Reason } from '../crds/reasons.ts';
import type { Policy } from '../crds/v1alpha1/spec.ts';
import type {
  AssessmentName,
  Coverage,
  Opinion,
  Finding as PublicFinding,
  Severity,
  Usage,
  Verdict,
} from '../crds/v1alpha1/status.ts';

/** The two sides of a comparison. */
export type Side = 'stable' | 'canary';

/** Both sides, in the order they are shown. */
export const SIDES = ['stable', 'canary'] as const satisfies readonly Side[];

/** An instant in milliseconds since the epoch. */
export type Instant = number;

/** An interval of time, both ends included. */
export interface Interval {
  readonly from: Instant;
  readonly to: Instant;
}

/** The severity a record was logged with; `unknown` where the line does not tell. */
export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'unknown';

/* ---- what was read: evidence → distill ---- */

/** What a container is to its pod. A known proxy (Istio, Linkerd, …) is a `sidecar` even when it is declared as an ordinary container. */
export type ContainerKind = 'app' | 'init' | 'sidecar';

/** One container's log: where lines come from. */
export interface LogSource {
  readonly side: Side;
  readonly pod: string;
  readonly container: string;
  readonly kind: ContainerKind;
  /** True for the log of the terminated container before this one. */
  readonly previous: boolean;
}

/** Takes the bytes of one container's log as they arrive; chunks split anywhere. */
export interface LogWriter {
  write(chunk: Uint8Array): void;
  /** Resolves when more may be written without piling up; undefined when it may now. */
  drained?(): Promise<void> | undefined;
  /** No more bytes. The last line may lack its newline. */
  end(): void;
}

/** Takes the logs of an analysis, several at once. */
export interface LogSink {
  open(source: LogSource): LogWriter;
}

/** Why and how a container ended. */
export interface Termination {
  readonly reason: string;
  readonly exitCode: number;
  readonly signal?: number;
  readonly startedAt?: Instant;
  readonly finishedAt?: Instant;
  readonly message?: string;
}

/** What is known of one container from its pod's status. */
export interface ContainerFact {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly image: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: 'waiting' | 'running' | 'terminated' | 'unknown';
  readonly startedAt?: Instant;
  /** Why it waits: `CrashLoopBackOff`, `ImagePullBackOff`, `CreateContainerConfigError`, … */
  readonly waitingReason?: string;
  readonly waitingMessage?: string;
  /** How long this waiting reason has been observed, in milliseconds. */
  readonly waitingFor?: number;
  /** Set when the state is `terminated`. */
  readonly terminated?: Termination;
  /** The run before this one. */
  readonly lastTerminated?: Termination;
}

/** What is known of one pod. */
export interface PodFact {
  readonly side: Side;
  readonly name: string;
  readonly uid: string;
  readonly node?: string;
  readonly phase: string;
  /** `Evicted`, `Preempting`, `NodeLost`, … when the pod as a whole was ended from outside. */
  readonly reason?: string;
  readonly ready: boolean;
  readonly createdAt: Instant;
  readonly startedAt?: Instant;
  /** Seconds Ready within the window. */
  readonly readySeconds: number;
  /** True when Ready in every observation of the window. */
  readonly readyThroughout: boolean;
  /** How often it lost its readiness, as far as that was seen, or shows in its Ready condition; absent where nobody watched, as in files, and it does not show. */
  readonly readinessLosses?: number;
  /** True when it was gone, or going, before the window ended. */
  readonly deleted: boolean;
  readonly containers: readonly ContainerFact[];
}

/** An Event of an object of one side. */
export interface EventFact {
  readonly side: Side;
  /** `Pod/web-abc`. */
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly lastSeen: Instant;
}

/** One difference between the two pod templates: never a value of an environment variable. */
export interface ChangeItem {
  /** `containers[web].image`. */
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/** Everything that was read on one side, apart from the logs. */
export interface SideEvidence {
  readonly interval: Interval;
  readonly pods: readonly PodFact[];
  readonly events: readonly EventFact[];
  /** Names of the pods of which a log was read; absent where only their number is known. */
  readonly podsRead?: readonly string[];
  /** True where a log was longer than what is read of one, so that its older part was left out. */
  readonly cut?: boolean;
}

/** Everything that was read, apart from the logs. */
export interface Evidence {
  readonly stable: SideEvidence;
  readonly canary: SideEvidence;
  readonly change: readonly ChangeItem[];
  /** Where the baseline came from. */
  readonly baseline: NonNullable<Coverage['baseline']>;
  /** Per side: pods found and read, containers, bytes handed to the sink. */
  readonly read: Readonly<
    Record<Side, { podsFound: number; podsRead: number; containers: number; bytes: number }>
  >;
  /** What was not seen. */
  readonly gaps: readonly string[];
  /**
   * True when every log that is known to have existed in the window was read to its end; one that went with its pod was
   * not. A container that has not started, and what the bounds on pods, containers and bytes leave out, is a gap alone.
   */
  readonly logsComplete: Readonly<Record<Side, boolean>>;
}

/* ---- what the logs say: distill → judge, review ---- */

/** How often one template was seen on one side. */
export interface TemplateCount {
  /** Occurrences inside the interval, start-up included. */
  readonly count: number;
  /** Of these, in the start-up phase of their container. */
  readonly startup: number;
  /** Occurrences outside the interval: the template is known, not news. */
  readonly outside: number;
  /** Occurrences inside the interval for each pod. */
  readonly pods: Readonly<Record<string, number>>;
  /** Occurrences by minute since the epoch, inside the interval or outside; of warnings and errors whose lines carry a time. */
  readonly minutes?: Readonly<Record<string, number>>;
  /** In how many minutes it occurred, where lines carry a time. */
  readonly activeMinutes?: number;
  /** In how many seconds it occurred, those of each log apart. */
  readonly activeSeconds?: number;
  /** When each pod logged it last inside the interval; of records below `warn` whose lines carry a time. */
  readonly lasts?: Readonly<Record<string, Instant>>;
  /** The longest time inside the interval between two occurrences in one pod, in milliseconds; of the same records. */
  readonly longestGap?: number;
  /** Epoch milliseconds of the first and last occurrence that has a timestamp. */
  readonly first?: Instant;
  readonly last?: Instant;
  /** Redacted records as they were logged, at most three, each at most 512 characters. */
  readonly samples: readonly string[];
}

/** A kind of log record: the text with its variable parts masked, and how often each side logged it. */
export interface Template {
  /** `T1`, `T2`, … most frequent on canary first. */
  readonly id: string;
  /** The masked text, redacted; novelty is decided on this, level and logger included. */
  readonly text: string;
  readonly level: Level;
  readonly logger?: string;
  readonly stable: TemplateCount;
  readonly canary: TemplateCount;
}

/** The last records of a container that ended. */
export interface LastWords {
  readonly source: LogSource;
  /** Ids of the last error-severity template before the end, if any. */
  readonly templateId?: string;
}

/** The values of one numeric field of the records, such as a duration, for comparing distributions. */
export interface NumericField {
  /** The field's name as logged: `duration_ms`, `http.latency`; for a number in plain text the template id and its place: `T3#1`. */
  readonly name: string;
  /** `ms` when the unit is known and the values were brought to it. */
  readonly unit?: 'ms';
  /** The template whose records carry it. */
  readonly templateId: string;
  readonly stable: NumericSample;
  readonly canary: NumericSample;
}

/** What was seen of a numeric field on one side. */
export interface NumericSample {
  /** Values seen inside the interval, start-up excluded. */
  readonly count: number;
  /** By pod, at most a fixed number each kept by a deterministic sample, in ascending order. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** The distilled logs of both sides. All texts are redacted. */
export interface Distilled {
  readonly templates: readonly Template[];
  readonly lines: Readonly<Record<Side, number>>;
  readonly bytes: Readonly<Record<Side, number>>;
  /** Records below `warn` by minute since the epoch, inside the interval or outside: how much work was seen when. */
  readonly work?: Readonly<Record<Side, Readonly<Record<string, number>>>>;
  /** First and last timestamp seen, where lines carry one. */
  readonly span: Readonly<Record<Side, Interval | undefined>>;
  /** The last error-severity template of each log, by source. */
  readonly lastWords: readonly LastWords[];
  /** Values replaced by placeholders. */
  readonly redactions: number;
  /** Lines not kept because the number of templates is bounded. */
  readonly overflow: Readonly<Record<Side, number>>;
  /** Numeric fields that both sides logged, at most 64; those of one side alone only where the other logged no such field at all. */
  readonly numbers: readonly NumericField[];
}

/* ---- what it means: judge ---- */

/** A finding with what the judge and the reviewers' citations need beyond its public form. */
export interface Finding extends PublicFinding {
  readonly severity: Severity;
  /** The template it is about. */
  readonly templateId?: string;
}

/** What the evidence alone says. */
export interface Assessed {
  readonly assessment: AssessmentName;
  /** Strongest first; ids are assigned. */
  readonly findings: readonly Finding[];
  /** 0–100. */
  readonly power: number;
  /** Confidence, 0–100, of the verdict that findings alone would give. */
  readonly confidence: number;
  readonly exposure: Readonly<Record<Side, number>>;
  readonly exposureUnit: 'lines' | 'podSeconds';
  /** One sentence naming the strongest finding with its numbers, or why nothing was found, or why nothing can be said. */
  readonly message: string;
}

/** What came of asking the reviewers. */
export type ReviewOutcome =
  | { readonly kind: 'notConfigured' }
  /** All were asked and none gave a valid opinion. */
  | { readonly kind: 'unavailable'; readonly causes: readonly ReviewFailure[] }
  | { readonly kind: 'opinion'; readonly opinion: Opinion; readonly causes: readonly ReviewFailure[] };

/** Why one reviewer gave no valid opinion. */
export interface ReviewFailure {
  readonly reviewer: string;
  readonly message: string;
  /** What it cost nevertheless. */
  readonly usage?: Usage;
}

/** The judge's last word. */
export interface Decision {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly message: string;
  readonly confidence: number;
}

/** A policy with every field set. */
export type EffectivePolicy = Required<Policy>;

/* ---- what a reviewer gets ---- */

/** Everything a reviewer may know: distilled and redacted. */
export interface ReviewRequest {
  readonly namespace: string;
  readonly rollout?: string;
  readonly stableSelector?: string;
  readonly canarySelector?: string;
  readonly podName?: string;
  readonly extraPrompt?: string;
  readonly repoURL?: string;
  readonly baseBranch?: string;
  /** Which look at this revision it is, from 1; the first when absent. */
  readonly look?: number;
  /** Names the question, the same whenever it is asked again, by whatever process; one that nobody repeats has none. */
  readonly questionID?: string;
  readonly assessed: Assessed;
  readonly distilled: Distilled;
  readonly evidence: Evidence;
}
