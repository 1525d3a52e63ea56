import { objectKey } from '../../crds/client/resource.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Verdict } from '../../crds/v1alpha1/status.ts';
import type { Refusal } from '../analyses/refusal.ts';
import { GoTime } from '../goplugin/gob/time.ts';
import type { AnalysisPhase, Measurement } from '../goplugin/metric-provider.ts';

/** Metadata keys by which a measurement finds its analysis again, also in another process. */
export const METADATA_ANALYSIS = 'canaryAnalysis';
export const METADATA_UID = 'uid';

/** All keys and values together; the AnalysisRun keeps every measurement, and one beyond 1.5 MB cannot be stored. */
const MAX_METADATA_BYTES = 4096;
const MAX_MESSAGE_CHARACTERS = 1024;

const PHASES: Readonly<Record<Verdict, AnalysisPhase>> = {
  Promote: 'Successful',
  Abort: 'Failed',
  Inconclusive: 'Inconclusive',
  Error: 'Error',
};

/** A measurement that has begun: it waits for its analysis. Without `resumeAt`, so that Argo Rollouts calls when it is woken. */
export function running(analysis: { namespace: string; name: string; uid?: string }, now: Date): Measurement {
  const metadata = new Map([[METADATA_ANALYSIS, objectKey(analysis)]]);
  if (analysis.uid !== undefined) metadata.set(METADATA_UID, analysis.uid);
  return { phase: 'Running', startedAt: GoTime.fromDate(now), metadata };
}

/**
 * The measurement of an analysis that has a verdict; undefined while it has none.
 * Value: a promotion's confidence as a fraction with two decimals, `0` for an abort, nothing for the rest.
 */
export function decided(
  measurement: Measurement,
  analysis: CanaryAnalysis,
  now: Date,
): Measurement | undefined {
  const { status } = analysis;
  const verdict = status?.verdict;
  if (verdict === undefined) return undefined;
  return ended(measurement, now, {
    phase: PHASES[verdict],
    message: status?.message ?? status?.reason ?? verdict,
    value: measuredValue(verdict, status?.confidence),
    facts: [
      ['verdict', verdict],
      ['reason', status?.reason],
      ['confidence', status?.confidence],
      ['assessment', status?.assessment],
      ['link', status?.link],
      ['reviewer', status?.opinions?.find(({ advisory }) => advisory !== true)?.reviewer],
      ['issueURL', status?.issueURL],
      ['pullRequestURL', status?.pullRequestURL],
    ],
  });
}

/** The measurement that ends without a verdict because nobody can or should wait for one. */
export function refused(
  measurement: Measurement,
  phase: 'Error' | 'Inconclusive',
  { reason, message }: Refusal,
  now: Date,
): Measurement {
  return ended(measurement, now, { phase, message, value: '', facts: [['reason', reason]] });
}

type Fact = readonly [key: string, value: string | number | undefined];

interface Ending {
  readonly phase: AnalysisPhase;
  readonly message: string;
  readonly value: string;
  /** The most important first: what no longer fits is left out. */
  readonly facts: readonly Fact[];
}

function ended(measurement: Measurement, now: Date, { phase, message, value, facts }: Ending): Measurement {
  const finishedAt = GoTime.fromDate(now);
  return {
    phase,
    message: message.slice(0, MAX_MESSAGE_CHARACTERS),
    startedAt: measurement.startedAt ?? finishedAt,
    finishedAt,
    value,
    metadata: bounded([...(measurement.metadata ?? []), ...facts]),
  };
}

function measuredValue(verdict: Verdict, confidence = 0): string {
  if (verdict === 'Promote') return (confidence / 100).toFixed(2);
  return verdict === 'Abort' ? '0' : '';
}

function bounded(facts: readonly Fact[]): Map<string, string> {
  const metadata = new Map<string, string>();
  let room = MAX_METADATA_BYTES;
  for (const [key, value] of facts) {
    if (value === undefined) continue;
    const text = String(value);
    const size = Buffer.byteLength(key) + Buffer.byteLength(text);
    if (size > room) continue;
    metadata.set(key, text);
    room -= size;
  }
  return metadata;
}
