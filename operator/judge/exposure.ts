import type { Distilled, Evidence, PodFact, Side } from '../model.ts';
import { countsByPod, steadyCount } from './counts.ts';
import { isOrdinary } from './levels.ts';
import type { ExposureUnit } from './statistics/rate-test.ts';

/** Fewer shared lines than this on a side tell too little about how much work it did. */
export const LEAST_SHARED_LINES = 50;

/** How much work each side did: what rates are relative to. */
export interface Exposure {
  readonly unit: ExposureUnit;
  readonly stable: number;
  readonly canary: number;
  /** Ordinary lines after start-up, whether the other side has them too or not. */
  readonly ordinaryLines: Readonly<Record<Side, number>>;
  /** How much of it each pod had; what the parts of a side sum to may differ from the side's exposure, their shares hold. */
  readonly pods: Readonly<Record<Side, Readonly<Record<string, number>>>>;
}

/**
 * Lines of ordinary templates that both sides have, start-up excluded; where that is under
 * {@link LEAST_SHARED_LINES} on a side, Ready pod-seconds; where there is no time to count, all ordinary lines.
 */
export function measureExposure(evidence: Evidence, distilled: Distilled): Exposure {
  const ordinary = distilled.templates.filter(isOrdinary);
  const lines = (side: Side, among = ordinary) =>
    among.reduce((sum, template) => sum + steadyCount(template, side), 0);
  const ordinaryLines = bySide((side) => lines(side));
  const sharedTemplates = ordinary.filter(
    (template) => steadyCount(template, 'stable') > 0 && steadyCount(template, 'canary') > 0,
  );
  const shared = bySide((side) => lines(side, sharedTemplates));
  const seconds = bySide((side) => readySeconds(evidence, side));
  const timed = (side: Side) =>
    seconds[side] > 0 && (distilled.lines[side] === 0 || distilled.span[side] !== undefined);

  if (shared.stable >= LEAST_SHARED_LINES && shared.canary >= LEAST_SHARED_LINES)
    return {
      unit: 'lines',
      ...shared,
      ordinaryLines,
      pods: bySide((side) => countsByPod(sharedTemplates, side)),
    };
  if (timed('stable') && timed('canary'))
    return {
      unit: 'podSeconds',
      ...seconds,
      ordinaryLines,
      pods: bySide((side) => podSeconds(evidence, side)),
    };
  return {
    unit: 'lines',
    ...ordinaryLines,
    ordinaryLines,
    pods: bySide((side) => countsByPod(ordinary, side)),
  };
}

function bySide<T>(of: (side: Side) => T): Record<Side, T> {
  return { stable: of('stable'), canary: of('canary') };
}

/** Ready seconds of the pods that were read. */
function readySeconds(evidence: Evidence, side: Side): number {
  const pods: readonly PodFact[] = evidence[side].pods;
  const share = pods.length > 0 ? Math.min(1, evidence.read[side].podsRead / pods.length) : 0;
  return Math.round(pods.reduce((sum, pod) => sum + pod.readySeconds, 0) * share);
}

function podSeconds(evidence: Evidence, side: Side): Record<string, number> {
  return Object.fromEntries(evidence[side].pods.map((pod) => [pod.name, pod.readySeconds]));
}
