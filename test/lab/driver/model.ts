import type { KubernetesObject } from '../../../crds/client/kubernetes-object.ts';

/** The phases of measurements, metrics and AnalysisRuns. */
export type Phase = '' | 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';

/** A metric of an AnalysisRun: what the lab's controller understands of it. */
export interface MetricSpec {
  readonly name: string;
  readonly count?: number | string;
  /** Go duration of whole units: `2s`, `5m`. */
  readonly interval?: string;
  readonly initialDelay?: string;
  readonly failureLimit?: number | string;
  readonly inconclusiveLimit?: number | string;
  readonly consecutiveErrorLimit?: number | string;
  readonly provider: { readonly plugin?: Readonly<Record<string, unknown>> };
}

/** One measurement as stored: times in RFC 3339 with whole seconds. */
export interface StoredMeasurement {
  readonly phase: Phase;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly value?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly resumeAt?: string;
}

/** The results of one metric so far. */
export interface MetricResult {
  readonly name: string;
  readonly phase: Phase;
  readonly message?: string;
  readonly measurements?: readonly StoredMeasurement[];
  readonly count?: number;
  readonly successful?: number;
  readonly failed?: number;
  readonly inconclusive?: number;
  readonly error?: number;
  readonly consecutiveError?: number;
  readonly dryRun?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The status of an AnalysisRun. */
export interface RunStatus {
  readonly phase?: Phase;
  readonly message?: string;
  readonly startedAt?: string;
  readonly completedAt?: string;
  readonly metricResults?: readonly MetricResult[];
}

/** An AnalysisRun. */
export interface AnalysisRun extends KubernetesObject {
  readonly spec: {
    readonly metrics: readonly MetricSpec[];
    readonly args?: readonly { readonly name: string; readonly value?: string }[];
    readonly terminate?: boolean;
    readonly dryRun?: readonly { readonly metricName: string }[];
  };
  readonly status?: RunStatus;
}

/** Whether a phase is final. */
export function isCompleted(phase: Phase | undefined): boolean {
  return phase === 'Successful' || phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
}
