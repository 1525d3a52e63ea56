import type { GoTime } from './gob/time.ts';

/** The phases of a measurement or an AnalysisRun (argo-rollouts v1alpha1); empty before the first measurement. */
export type AnalysisPhase = '' | 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';

/** A measurement as Argo stores it; the plugin decides all of it, and `metadata` is all that it will remember. */
export interface Measurement {
  readonly phase: AnalysisPhase;
  readonly message?: string;
  /** Argo does not fill it in. */
  readonly startedAt?: GoTime;
  /** Present on a measurement that has ended, never on a running one. */
  readonly finishedAt?: GoTime;
  readonly value?: string;
  /** In the order of the wire; an empty map is another value than none. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** Absent: Argo calls Resume whenever the AnalysisRun changes. */
  readonly resumeAt?: GoTime;
}

/**
 * What Argo Rollouts calls a metric plugin for (metricproviders/plugin/rpc). What `run`, `resume` or `terminate`
 * throws becomes an `Error` measurement of that call, what the others throw the error of that call.
 */
export interface MetricProvider {
  /** Once per process, before everything else. A failure is answered and then ends the process, for Argo never asks again. */
  initPlugin(): Promise<void>;
  run(analysisRun: AnalysisRun, metric: Metric): Promise<Measurement>;
  /** Return the very measurement while nothing is decided: any change makes Argo call again at once. */
  resume(analysisRun: AnalysisRun, metric: Metric, measurement: Measurement): Promise<Measurement>;
  terminate(analysisRun: AnalysisRun, metric: Metric, measurement: Measurement): Promise<Measurement>;
  /** `limit` is the number of measurements Argo keeps. */
  garbageCollect(analysisRun: AnalysisRun, metric: Metric, limit: number): Promise<void>;
  /** Stored in the AnalysisRun's status as it is. The metric holds resolved secrets. */
  getMetadata(metric: Metric): Promise<ReadonlyMap<string, string>>;
  type(): string;
}

/**
 * An AnalysisRun as gob brings it: Go field names, and a field that is empty, zero or nil in Go is absent.
 * Only what is read here is typed; all else the host sends is there too.
 */
export interface AnalysisRun {
  readonly ObjectMeta?: ObjectMeta;
  readonly Spec?: AnalysisRunSpec;
  readonly Status?: AnalysisRunStatus;
}

export interface ObjectMeta {
  readonly Name?: string;
  readonly Namespace?: string;
  readonly UID?: string;
  readonly ResourceVersion?: string;
  readonly CreationTimestamp?: GoTime;
  readonly DeletionTimestamp?: GoTime;
  readonly Labels?: ReadonlyMap<string, string>;
  readonly Annotations?: ReadonlyMap<string, string>;
  readonly OwnerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly APIVersion?: string;
  readonly Kind?: string;
  readonly Name?: string;
  readonly UID?: string;
  readonly Controller?: boolean;
}

export interface AnalysisRunSpec {
  /** Not resolved: the metric of the call is. */
  readonly Metrics?: readonly Metric[];
  /** Values hold secrets in plain text. */
  readonly Args?: readonly Argument[];
  readonly Terminate?: boolean;
  readonly DryRun?: readonly { readonly MetricName?: string }[];
}

export interface Argument {
  readonly Name?: string;
  readonly Value?: string;
}

export interface AnalysisRunStatus {
  /** Empty, hence absent, on the first Run. */
  readonly Phase?: string;
  readonly Message?: string;
  readonly MetricResults?: readonly MetricResult[];
}

export interface MetricResult {
  readonly Name?: string;
  readonly Phase?: string;
  readonly Count?: number;
  readonly Successful?: number;
  readonly Failed?: number;
  readonly Inconclusive?: number;
  readonly Error?: number;
  readonly DryRun?: boolean;
  readonly Measurements?: readonly WireMeasurement[];
}

/** A measurement inside an AnalysisRun's status, in Go's field names. */
export interface WireMeasurement {
  readonly Phase?: string;
  readonly Message?: string;
  readonly StartedAt?: GoTime;
  readonly FinishedAt?: GoTime;
  readonly Value?: string;
  readonly Metadata?: ReadonlyMap<string, string>;
  readonly ResumeAt?: GoTime;
}

/** A metric with its arguments resolved, secrets included. */
export interface Metric {
  readonly Name?: string;
  readonly Provider?: {
    /** Plugin name to its configuration as JSON bytes. */
    readonly Plugin?: ReadonlyMap<string, Uint8Array>;
  };
}
