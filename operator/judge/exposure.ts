import {
  type Distilled,
  type Evidence,
  type PodFact,
  SIDES,
  type Side,
  type SideEvidence,
} from '../model.ts';
import { countsByPod, steadyCount } from './counts.ts';
import { isOrdinary } from './levels.ts';
import type { ExposureUnit } from './statistics/rate-test.ts';

/** So many shared lines on each side measure its work, whatever else it logs. */
export const LEAST_SHARED_LINES = 50;
/** Fewer do where they are at least half of what the side logs, but not fewer than this. */
export const LEAST_LINES = 10;

/** How much work each side did: what rates are relative to. */
export interface Exposure {
  readonly unit: ExposureUnit;
  readonly stable: number;
  readonly canary: number;
  /** Ordinary lines after start-up, whether the other side has them too or not. */
  readonly ordinaryLines: Readonly<Record<Side, number>>;
  /** Of these, lines of templates that both sides have. */
  readonly sharedLines: Readonly<Record<Side, number>>;
  /** How much of it each pod had; what the parts of a side sum to may differ from the side's exposure, their shares hold. */
  readonly pods: Readonly<Record<Side, Readonly<Record<string, number>>>>;
}

/**
 * Lines of ordinary templates that both sides have, start-up excluded; where they do not stand for what a side does,
 * Ready pod-seconds; where there is no time to count, or the older part of a log was left out, all ordinary lines. A measure of few lines is exact all the same,
 * for the test counts with their chance; pod-seconds suppose that every pod has the same traffic.
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
    evidence[side].cut !== true &&
    seconds[side] > 0 &&
    (distilled.lines[side] === 0 || distilled.span[side] !== undefined);

  if (isSharedWork({ ordinaryLines, sharedLines: shared }))
    return {
      unit: 'lines',
      ...shared,
      ordinaryLines,
      sharedLines: shared,
      pods: bySide((side) => countsByPod(sharedTemplates, side)),
    };
  if (timed('stable') && timed('canary'))
    return {
      unit: 'podSeconds',
      ...seconds,
      ordinaryLines,
      sharedLines: shared,
      pods: bySide((side) => podSeconds(evidence, side)),
    };
  return {
    unit: 'lines',
    ...ordinaryLines,
    ordinaryLines,
    sharedLines: shared,
    pods: bySide((side) => countsByPod(ordinary, side)),
  };
}

/** Whether the lines that both sides have stand for what each of them does; only then does the exposure consist of them. */
export function isSharedWork({
  ordinaryLines,
  sharedLines,
}: Pick<Exposure, 'ordinaryLines' | 'sharedLines'>): boolean {
  return SIDES.every(
    (side) =>
      sharedLines[side] >= LEAST_SHARED_LINES ||
      (sharedLines[side] >= LEAST_LINES && 2 * sharedLines[side] >= ordinaryLines[side]),
  );
}

function bySide<T>(of: (side: Side) => T): Record<Side, T> {
  return { stable: of('stable'), canary: of('canary') };
}

/** The pods of which a log was read; all of them where nothing tells which. */
function podsRead({ podsRead: names, pods }: SideEvidence): readonly PodFact[] {
  return names === undefined ? pods : pods.filter(({ name }) => names.includes(name));
}

/** Ready seconds of the pods that were read. */
function readySeconds(evidence: Evidence, side: Side): number {
  const pods = podsRead(evidence[side]);
  const isKnown = evidence[side].podsRead !== undefined;
  const share = pods.length === 0 ? 0 : isKnown ? 1 : Math.min(1, evidence.read[side].podsRead / pods.length);
  return Math.round(pods.reduce((sum, pod) => sum + pod.readySeconds, 0) * share);
}

function podSeconds(evidence: Evidence, side: Side): Record<string, number> {
  return Object.fromEntries(podsRead(evidence[side]).map((pod) => [pod.name, pod.readySeconds]));
}
