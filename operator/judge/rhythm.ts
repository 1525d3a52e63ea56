import type { Instant, PodFact, Side, Template } from '../model.ts';
import type { Comparison } from './comparison.ts';
import { steadyByPod, steadyCount } from './counts.ts';
import { isDisrupted } from './findings/pod-facts.ts';
import type { JudgeInput } from './input.ts';
import { isOrdinary } from './levels.ts';

/** Times the longest pause of stable, and of the canary itself, that a silence must last. */
export const LEAST_PAUSES = 2;
/** A shorter silence than this is none, in milliseconds: logs are not read in the same moment. */
export const LEAST_SILENCE_MS = 10_000;
/** A record that came in fewer seconds than this has no pace. */
export const LEAST_PACE = 5;

/** A canary pod that logged something again and again and then no more, while stable went on. */
export interface Silence {
  readonly pod: string;
  /** Absent for all of its ordinary records together. */
  readonly template?: Template;
  /** Occurrences before. */
  readonly count: number;
  /** From the last of them to the end, in milliseconds. */
  readonly silentMs: number;
  readonly pValue: number;
}

/** How one kind of record, or all ordinary ones, came over time on one side. */
interface Rhythm {
  readonly pods: Readonly<Record<string, number>>;
  readonly lasts: Readonly<Record<string, Instant>>;
  /** No pause inside was longer than this, in milliseconds. */
  readonly pauseMs: number;
  readonly first: Instant;
  readonly last: Instant;
  /** Seconds with an occurrence for each occurrence, at most 1. */
  readonly apart: number;
}

/**
 * The silences at the end of the window, of the canary pods that are Ready and stay. If a pod's n occurrences came at
 * any time alike, all of them lie in the first part f of its time with a chance of fⁿ; of those within one second one
 * counts, for they may belong together. That is tested at α over all records and pods, Bonferroni's way. As traffic is
 * not even, the silence must also be longer than {@link LEAST_PAUSES} times the longest pause of stable, at its begin and
 * its end too, and of the canary, and than stable's drawn out to the pace of a canary that is slower. Traffic that ends for
 * both sides, or that never came, is no silence.
 */
export function silences(input: JudgeInput, comparison: Comparison): readonly Silence[] {
  const { evidence, distilled } = input;
  if (!isSameTime(input)) return [];
  const staying = evidence.canary.pods.filter(isStaying);
  const ordinary = distilled.templates.filter(isOrdinary);
  const tested = [undefined, ...ordinary.filter((one) => steadyCount(one, 'stable') > 0)].flatMap(
    (template) => {
      const of = template === undefined ? ordinary : [template];
      const stable = rhythm(of, 'stable', input);
      const canary = rhythm(of, 'canary', input);
      if (stable === undefined || canary === undefined || !isOfAllAtWork(stable, comparison)) return [];
      return staying.flatMap((pod): (Silence & { readonly isLong: boolean })[] => {
        const count = canary.pods[pod.name] ?? 0;
        const last = canary.lasts[pod.name];
        if (last === undefined || count * canary.apart < LEAST_PACE) return [];
        const end = seenUntil(pod, input);
        const from = Math.max(evidence.canary.interval.from, pod.startedAt ?? pod.createdAt);
        const [activeMs, silentMs] = [Math.max(1, last - from), Math.max(0, end - last)];
        const siblingsGoOn = staying.some(
          ({ name }) => name !== pod.name && (canary.lasts[name] ?? 0) > last,
        );
        const pace = count / activeMs;
        const slower = paceOf(stable, input) / pace;
        const pause = pauseOf(stable, siblingsGoOn, input);
        return [
          {
            pod: pod.name,
            ...(template === undefined ? {} : { template }),
            count,
            silentMs,
            pValue: (activeMs / (activeMs + silentMs)) ** (count * canary.apart),
            isLong:
              silentMs >= LEAST_SILENCE_MS &&
              silentMs > LEAST_PAUSES * Math.max(pause, canary.pauseMs) &&
              silentMs > slower * pause,
          },
        ];
      });
    },
  );
  return tested
    .filter(({ isLong, pValue }) => isLong && pValue * tested.length <= comparison.suspicionAlpha)
    .map(({ isLong: _, ...silence }) => silence);
}

/** Whether both sides were seen at the same time, and their lines tell when. */
function isSameTime({ evidence, distilled }: JudgeInput): boolean {
  const { stable, canary, baseline } = evidence;
  return (
    baseline === 'Pods' &&
    distilled.span.stable !== undefined &&
    distilled.span.canary !== undefined &&
    stable.interval.from < canary.interval.to &&
    canary.interval.from < stable.interval.to
  );
}

/** A pod that is known to be Ready was so to the end of either side; of one known by its log alone nobody knows what was after the side's last line. */
function seenUntil({ uid }: PodFact, { evidence: { stable, canary } }: JudgeInput): Instant {
  return uid === '' ? canary.interval.to : Math.max(stable.interval.to, canary.interval.to);
}

function isStaying(pod: PodFact): boolean {
  return (
    pod.ready &&
    !pod.deleted &&
    !isDisrupted(pod) &&
    pod.containers.every(({ kind, state }) => kind !== 'app' || state === 'running')
  );
}

/** Of several templates no pause is longer than the shortest of their longest, those at both ends counted. */
function rhythm(templates: readonly Template[], side: Side, { evidence }: JudgeInput): Rhythm | undefined {
  const timed = templates.map((one) => one[side]).filter(({ lasts }) => lasts !== undefined);
  if (timed.length === 0) return undefined;
  const first = Math.min(...timed.map((one) => one.first ?? evidence[side].interval.to));
  const last = Math.max(...timed.map((one) => one.last ?? evidence[side].interval.from));
  const lasts: Record<string, Instant> = {};
  for (const one of timed)
    for (const [pod, at] of Object.entries(one.lasts ?? {})) lasts[pod] = Math.max(lasts[pod] ?? 0, at);
  return {
    pods: steadyByPod(templates, side),
    lasts,
    pauseMs: Math.min(
      ...timed.map((one) =>
        Math.max(one.longestGap ?? 0, (one.first ?? first) - first, last - (one.last ?? last)),
      ),
    ),
    first,
    last,
    apart: Math.max(
      ...timed.map(({ activeSeconds = 0, count, outside }) => Math.min(1, activeSeconds / (count + outside))),
    ),
  };
}

/** Whether each of stable's pods that do comparable work logs it: what one of many logs may change its place. */
function isOfAllAtWork({ pods }: Rhythm, { exposure }: Comparison): boolean {
  const shares = Object.entries(exposure.pods.stable);
  const all = shares.reduce((sum, [, share]) => sum + share, 0);
  const atWork = shares.filter(([, share]) => share > 0 && share * shares.length * 4 >= all);
  return atWork.length > 0 && atWork.every(([pod]) => (pods[pod] ?? 0) > 0);
}

/** Occurrences a millisecond in one of stable's pods. */
function paceOf({ pods }: Rhythm, { evidence }: JudgeInput): number {
  const counts = Object.values(pods).filter((count) => count > 0);
  const { from, to } = evidence.stable.interval;
  return counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length) / Math.max(1, to - from);
}

/**
 * Stable's longest pause: the one before its first record, where its log was not cut there, one inside, or the one to the
 * end; of a canary pod whose siblings go on, the one to the end of any pod of stable that stays.
 */
function pauseOf(stable: Rhythm, siblingsGoOn: boolean, { evidence }: JudgeInput): number {
  const { interval, pods, cut } = evidence.stable;
  const ends = pods.filter(isStaying).flatMap(({ name }) => stable.lasts[name] ?? []);
  const last = siblingsGoOn ? Math.min(...ends, stable.last) : stable.last;
  return Math.max(stable.pauseMs, cut === true ? 0 : stable.first - interval.from, interval.to - last);
}
