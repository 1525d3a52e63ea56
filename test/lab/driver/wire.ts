import {
  BOOL,
  BYTES,
  type GobType,
  INT,
  mapOf,
  opaque,
  STRING,
  sliceOf,
  structOf,
} from '../../../plugin/goplugin/gob/schema.ts';
import { GoTime } from '../../../plugin/goplugin/gob/time.ts';
import { MEASUREMENT, STRING_MAP } from '../../../plugin/goplugin/measurement.ts';
import type { WireMeasurement } from '../../../plugin/goplugin/metric-provider.ts';
import type { AnalysisRun, MetricResult, MetricSpec, Phase, StoredMeasurement } from './model.ts';

/*
 * The part of Argo Rollouts' argument types (metricproviders/plugin/rpc, pkg/apis/rollouts/v1alpha1) that the plugin
 * can be expected to read, under their Go names. The whole of it is what the recorded bytes of a real host hold.
 */
const TIME = opaque('Time');
const INT_OR_STRING = structOf('IntOrString', { Type: INT, IntVal: INT, StrVal: STRING });
const METRIC = structOf('Metric', {
  Name: STRING,
  Interval: STRING,
  InitialDelay: STRING,
  Count: INT_OR_STRING,
  Provider: structOf('MetricProvider', { Plugin: mapOf(STRING, BYTES) }),
});
const METRIC_RESULT = structOf('MetricResult', {
  Name: STRING,
  Phase: STRING,
  Measurements: sliceOf(MEASUREMENT),
  Message: STRING,
  Count: INT,
  Successful: INT,
  Failed: INT,
  Inconclusive: INT,
  Error: INT,
  ConsecutiveError: INT,
  DryRun: BOOL,
  Metadata: STRING_MAP,
});
const OBJECT_META = structOf('ObjectMeta', {
  Name: STRING,
  Namespace: STRING,
  UID: STRING,
  ResourceVersion: STRING,
  Generation: INT,
  CreationTimestamp: TIME,
  Labels: STRING_MAP,
  Annotations: STRING_MAP,
  OwnerReferences: sliceOf(
    structOf('OwnerReference', {
      APIVersion: STRING,
      Kind: STRING,
      Name: STRING,
      UID: STRING,
      Controller: BOOL,
    }),
  ),
});
const ANALYSIS_RUN = structOf('AnalysisRun', {
  TypeMeta: structOf('TypeMeta', { Kind: STRING, APIVersion: STRING }),
  ObjectMeta: OBJECT_META,
  Spec: structOf('AnalysisRunSpec', {
    Metrics: sliceOf(METRIC),
    Args: sliceOf(structOf('Argument', { Name: STRING, Value: STRING })),
    Terminate: BOOL,
    DryRun: sliceOf(structOf('DryRun', { MetricName: STRING })),
  }),
  Status: structOf('AnalysisRunStatus', {
    Phase: STRING,
    Message: STRING,
    MetricResults: sliceOf(METRIC_RESULT),
    StartedAt: TIME,
  }),
});

/** The argument types by the method that takes them, with the names they are registered under. */
export const ARGUMENTS = {
  Run: { name: 'RunArgs', type: structOf('RunArgs', { AnalysisRun: ANALYSIS_RUN, Metric: METRIC }) },
  Resume: terminateAndResume(),
  Terminate: terminateAndResume(),
  GarbageCollect: {
    name: 'GarbageCollectArgs',
    type: structOf('GarbageCollectArgs', { AnalysisRun: ANALYSIS_RUN, Metric: METRIC, Limit: INT }),
  },
  GetMetadata: { name: 'GetMetadataArgs', type: structOf('GetMetadataArgs', { Metric: METRIC }) },
} as const satisfies Record<string, { name: string; type: GobType }>;

function terminateAndResume(): { name: string; type: GobType } {
  return {
    name: 'TerminateAndResumeArgs',
    type: structOf('TerminateAndResumeArgs', {
      AnalysisRun: ANALYSIS_RUN,
      Metric: METRIC,
      Measurement: MEASUREMENT,
    }),
  };
}

type Wire = Readonly<Record<string, unknown>>;

/** An AnalysisRun in Go's field names; without a value where Go would have a nil pointer. */
export function wireRun({ kind, apiVersion, metadata, spec, status }: AnalysisRun): Wire {
  return {
    TypeMeta: { Kind: kind, APIVersion: apiVersion },
    ObjectMeta: {
      Name: metadata.name,
      Namespace: metadata.namespace,
      UID: metadata.uid,
      ResourceVersion: metadata.resourceVersion,
      Generation: metadata.generation,
      CreationTimestamp: wireTime(metadata.creationTimestamp),
      Labels: wireMap(metadata.labels),
      Annotations: wireMap(metadata.annotations),
      OwnerReferences: metadata.ownerReferences?.map((owner) => ({
        APIVersion: owner.apiVersion,
        Kind: owner.kind,
        Name: owner.name,
        UID: owner.uid,
        Controller: owner.controller,
      })),
    },
    Spec: {
      Metrics: spec.metrics.map(wireMetric),
      Args: spec.args?.map(({ name, value }) => ({ Name: name, Value: value })),
      Terminate: spec.terminate,
      DryRun: spec.dryRun?.map(({ metricName }) => ({ MetricName: metricName })),
    },
    Status: {
      Phase: status?.phase,
      Message: status?.message,
      MetricResults: status?.metricResults?.map(wireResult),
      StartedAt: wireTime(status?.startedAt),
    },
  };
}

/** A metric in Go's field names; the plugin's configuration as JSON, as json.RawMessage holds it. */
export function wireMetric({ name, interval, initialDelay, count, provider }: MetricSpec): Wire {
  const plugins = Object.entries(provider.plugin ?? {});
  return {
    Name: name,
    Interval: interval,
    InitialDelay: initialDelay,
    Count:
      typeof count === 'number' ? { IntVal: count } : { Type: count === undefined ? 0 : 1, StrVal: count },
    Provider: {
      Plugin: new Map(plugins.map(([plugin, config]) => [plugin, Buffer.from(JSON.stringify(config))])),
    },
  };
}

function wireResult(result: MetricResult): Wire {
  return {
    Name: result.name,
    Phase: result.phase,
    Message: result.message,
    Measurements: result.measurements?.map(wireMeasurement),
    Count: result.count,
    Successful: result.successful,
    Failed: result.failed,
    Inconclusive: result.inconclusive,
    Error: result.error,
    ConsecutiveError: result.consecutiveError,
    DryRun: result.dryRun,
    Metadata: wireMap(result.metadata),
  };
}

/** A stored measurement in Go's field names. */
export function wireMeasurement(measurement: StoredMeasurement): Wire {
  return {
    Phase: measurement.phase,
    Message: measurement.message,
    StartedAt: wireTime(measurement.startedAt),
    FinishedAt: wireTime(measurement.finishedAt),
    Value: measurement.value,
    Metadata: wireMap(measurement.metadata),
    ResumeAt: wireTime(measurement.resumeAt),
  };
}

/** What the plugin answered, as it is stored: JSON keeps whole seconds. */
export function storedMeasurement(wire: WireMeasurement): StoredMeasurement {
  return {
    phase: (wire.Phase ?? '') as Phase,
    ...(wire.Message === undefined ? {} : { message: wire.Message }),
    ...timeField('startedAt', wire.StartedAt),
    ...timeField('finishedAt', wire.FinishedAt),
    ...(wire.Value === undefined ? {} : { value: wire.Value }),
    ...(wire.Metadata === undefined ? {} : { metadata: Object.fromEntries(wire.Metadata) }),
    ...timeField('resumeAt', wire.ResumeAt),
  };
}

function timeField<K extends string>(name: K, time: GoTime | undefined): { readonly [P in K]?: string } {
  return time === undefined ? {} : ({ [name]: wholeSeconds(time.toDate()) } as { readonly [P in K]: string });
}

/** RFC 3339 in UTC without a fraction, as metav1.Time is written. */
export function wholeSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function wireTime(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : GoTime.fromDate(new Date(text)).bytes;
}

function wireMap(map: Readonly<Record<string, string>> | undefined): Map<string, string> | undefined {
  return map === undefined ? undefined : new Map(Object.entries(map));
}
