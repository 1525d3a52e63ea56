import type { Side } from '../../model.ts';
import type { Comparison } from '../comparison.ts';
import { isSharedWork, LEAST_LINES } from '../exposure.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { number, rounded } from './wording.ts';

/** Times as many lines, or as few, for the same work that are an anomaly. */
export const ANOMALY_RATIO = 10;
/** Canary lines below this fill no disk. */
export const LEAST_ANOMALY = 5000;

/**
 * The whole log against the work both sides share: Suspicious where the canary writes {@link ANOMALY_RATIO} times as many
 * lines for it, whatever they say, as a log level left at debug does. Info where it writes that much less per Ready
 * pod-second: it has little traffic, or has gone quiet.
 */
export function volumeAnomalies(input: JudgeInput, comparison: Comparison): readonly Draft[] {
  return [...tooMuch(input, comparison), ...tooLittle(input, comparison)];
}

function tooMuch({ distilled: { lines } }: JudgeInput, { exposure, vocabularyChanged }: Comparison): Draft[] {
  if (!isSharedWork(exposure) || vocabularyChanged || lines.canary < LEAST_ANOMALY) return [];
  if (Math.min(exposure.stable, exposure.canary) < LEAST_LINES) return [];
  const per = (side: Side) => lines[side] / exposure[side];
  const ratio = per('canary') / per('stable');
  if (!(ratio >= ANOMALY_RATIO)) return [];
  return [
    {
      ...counts(lines),
      severity: 'Suspicious',
      message: `canary writes ${rounded(ratio)} times as many lines as stable for the same work: ${number(lines.canary)} lines against ${number(lines.stable)}, of which ${number(exposure.canary)} and ${number(exposure.stable)} are of records that both have`,
    },
  ];
}

function tooLittle({ evidence, distilled: { lines } }: JudgeInput, { exposure }: Comparison): Draft[] {
  const { ordinaryLines } = exposure;
  const seconds = (side: Side) => evidence[side].pods.reduce((sum, pod) => sum + pod.readySeconds, 0);
  const expected = (ordinaryLines.stable * seconds('canary')) / seconds('stable');
  if (!(expected >= LEAST_LINES && ordinaryLines.canary * ANOMALY_RATIO <= expected)) return [];
  return [
    {
      ...counts(lines),
      severity: 'Info',
      message: `canary logs ${number(ordinaryLines.canary)} ordinary lines where stable's pods would log ${rounded(expected)} in as much Ready time: it has little traffic, or has gone quiet`,
    },
  ];
}

function counts(lines: Readonly<Record<Side, number>>) {
  return { kind: 'VolumeAnomaly', stableCount: lines.stable, canaryCount: lines.canary };
}
