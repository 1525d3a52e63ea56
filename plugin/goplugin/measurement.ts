import { CodedError } from '../../crds/errors.ts';
import { mapOf, opaque, STRING, structOf } from './gob/schema.ts';
import { GoTime } from './gob/time.ts';
import type { AnalysisPhase, Measurement, WireMeasurement } from './metric-provider.ts';

const TIME = opaque('Time');

export const STRING_MAP = mapOf(STRING, STRING);

/** v1alpha1.Measurement; metav1.Time encodes itself, and must be declared so. */
export const MEASUREMENT = structOf('Measurement', {
  Phase: STRING,
  Message: STRING,
  StartedAt: TIME,
  FinishedAt: TIME,
  Value: STRING,
  Metadata: STRING_MAP,
  ResumeAt: TIME,
});

/** What gob brought as a measurement; a field that was not sent stays absent. */
export function fromWire(wire: WireMeasurement): Measurement {
  return {
    phase: (wire.Phase ?? '') as AnalysisPhase,
    ...(wire.Message !== undefined && { message: wire.Message }),
    ...(wire.StartedAt !== undefined && { startedAt: wire.StartedAt }),
    ...(wire.FinishedAt !== undefined && { finishedAt: wire.FinishedAt }),
    ...(wire.Value !== undefined && { value: wire.Value }),
    ...(wire.Metadata !== undefined && { metadata: wire.Metadata }),
    ...(wire.ResumeAt !== undefined && { resumeAt: wire.ResumeAt }),
  };
}

/**
 * The value the encoder takes. Throws `CODEC_FAILED` for a measurement of wrong types, before a byte of the reply
 * is written: that is still one call's error.
 */
export function toWire(measurement: Measurement): Readonly<Record<string, unknown>> {
  const { phase, message, startedAt, finishedAt, value, metadata, resumeAt } = measurement;
  return {
    Phase: text('phase', phase),
    Message: text('message', message ?? ''),
    StartedAt: timeBytes('startedAt', startedAt),
    FinishedAt: timeBytes('finishedAt', finishedAt),
    Value: text('value', value ?? ''),
    Metadata: metadata === undefined ? undefined : stringMap('metadata', metadata),
    ResumeAt: timeBytes('resumeAt', resumeAt),
  };
}

/** Throws `CODEC_FAILED` unless it is a map of strings. */
export function stringMap(what: string, value: unknown): ReadonlyMap<string, string> {
  if (!(value instanceof Map)) throw wrong(what, 'a Map of strings');
  for (const [key, part] of value) {
    if (typeof key !== 'string' || typeof part !== 'string') throw wrong(what, 'a Map of strings');
  }
  return value;
}

/** Throws `CODEC_FAILED` unless it is a string. */
export function text(what: string, value: unknown): string {
  if (typeof value !== 'string') throw wrong(what, 'a string');
  return value;
}

function timeBytes(what: string, value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof GoTime)) throw wrong(what, 'a GoTime');
  return value.bytes;
}

function wrong(what: string, expected: string): CodedError {
  return new CodedError('CODEC_FAILED', `the provider answered a ${what} that is not ${expected}`);
}
