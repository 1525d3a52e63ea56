import type { Evidence, Side } from '../../model.ts';
import { isSharedWork } from '../exposure.ts';
import { isDisrupted } from '../findings/pod-facts.ts';
import { cut, number, quoted } from '../findings/wording.ts';
import { CLEARLY_WORSE } from '../power.ts';
import { LEAST_OCCURRENCES } from '../regressed-test.ts';
import { hypergeometricUpperTail } from '../statistics/hypergeometric.ts';
import type { Policy, State } from './state.ts';
import { isUnmarked, UNMARKED } from './unmarked.ts';

/** More than this part of the canary's lines lost to the bound on templates could hide a rise of errors. */
export const MOST_LOST_PART = 0.01;

/** Too little was seen to notice a bad canary: silence is no evidence then. */
export const insufficient: Policy = (state) => {
  const missing = tooFewReady(state) ?? logsUnread(state) ?? recordsLost(state) ?? powerTooLow(state);
  return missing === undefined
    ? undefined
    : { assessment: 'Insufficient', message: cut(missing), confidence: 0 };
};

/**
 * A canary of which fewer than half of the pods are Ready, or beyond chance a smaller part than of stable, has not shown
 * what it does, whatever the few that are say: it is being scaled up, or it will not come up. Not counted are pods that end,
 * that have ended well, or that were ended from outside.
 */
function tooFewReady({ input: { evidence }, comparison: { suspicionAlpha } }: State): string | undefined {
  const { pods } = evidence.canary;
  if (pods.length === 0) return 'no canary pod was found';
  const canary = readiness(evidence, 'canary');
  if (canary.ready === 0) return `none of ${pods.length} canary pods is Ready`;
  const stable = readiness(evidence, 'stable');
  if (2 * canary.ready >= canary.all && chanceOf(stable, canary) > suspicionAlpha) return undefined;
  return `only ${canary.ready} of ${canary.all} canary pods ${canary.ready === 1 ? 'is' : 'are'} Ready, of stable ${stable.ready} of ${stable.all}`;
}

interface Readiness {
  readonly ready: number;
  readonly all: number;
}

function readiness(evidence: Evidence, side: Side): Readiness {
  const staying = evidence[side].pods.filter(
    (pod) => !pod.deleted && pod.phase !== 'Succeeded' && !isDisrupted(pod),
  );
  return { ready: staying.filter(({ ready }) => ready).length, all: staying.length };
}

/** Fisher's exact test: the chance that so many of the pods that are not Ready are the canary's. */
function chanceOf(stable: Readiness, canary: Readiness): number {
  const missing = canary.all - canary.ready;
  const all = stable.all + canary.all;
  return hypergeometricUpperTail(missing, all, missing + stable.all - stable.ready, canary.all);
}

function logsUnread(state: State): string | undefined {
  const { evidence } = state.input;
  if (!evidence.logsComplete.canary) return unread('canary', evidence);
  if (!evidence.logsComplete.stable && !isRepresented(state)) return unread('stable', evidence);
  return cutLog(state);
}

/** What was read of a cut log is a measure of rates only where both sides have it: it was not the whole of the time. */
function cutLog({ input: { evidence }, comparison: { exposure } }: State): string | undefined {
  if (isSharedWork(exposure)) return undefined;
  const side = (['canary', 'stable'] as const).find((one) => evidence[one].cut === true);
  return side === undefined
    ? undefined
    : `only the newest part of a ${side} log was read, and too little of it is what both sides log`;
}

/**
 * Whether what was read of stable stands for what was not: lines that both sides share are a measure of their own, while
 * pod-seconds, or lines of each side alone, take every pod's errors to be known.
 */
function isRepresented({ input: { distilled }, comparison: { exposure } }: State): boolean {
  return distilled.lines.stable > 0 && isSharedWork(exposure);
}

function unread(side: Side, { read, gaps }: Evidence): string {
  const { podsFound, podsRead } = read[side];
  const [gap] = gaps;
  return `${side} logs could not all be read (${podsRead} of ${podsFound} pods read${gap === undefined ? '' : `; ${cut(gap, 400)}`})`;
}

/** What the bound on templates left out may all have been errors. */
function recordsLost({ input: { distilled } }: State): string | undefined {
  const lost = distilled.overflow.canary;
  if (lost < LEAST_OCCURRENCES || lost <= MOST_LOST_PART * distilled.lines.canary) return undefined;
  return `${number(lost)} of ${number(distilled.lines.canary)} canary lines are beyond the limit on templates (maxTemplates), and nobody knows whether they are errors`;
}

function powerTooLow({ power, input, comparison: { exposure } }: State): string | undefined {
  if (power.percent >= input.minPower) return undefined;
  const { mix } = power;
  const asked = `a clearly worse canary (${CLEARLY_WORSE}) would have been noticed with ${power.percent} % chance, ${input.minPower} % is asked for`;
  if (mix.levelsLost)
    return `${asked}: stable's records carry levels and nearly none of the canary's does that can be read, so that nobody knows which of them are errors`;
  if (power.silent)
    return `${asked}: both sides log nothing, and not every pod was Ready and every log read all through`;
  const unmarked = isUnmarked(mix) ? `; ${UNMARKED}` : '';
  const most = mix.excess === undefined ? '' : `, most of all ${quoted(mix.excess.text)}`;
  const beyond =
    mix.comparable < mix.seen
      ? `; ${number(mix.seen - mix.comparable)} of its ${number(mix.seen)} ordinary lines are beyond stable's mix of work${most}`
      : '';
  if (power.lines === undefined)
    return `${asked}: canary logged ${number(exposure.ordinaryLines.canary)} ordinary lines, stable ${number(exposure.ordinaryLines.stable)}${beyond}${unmarked}`;
  const { seen, needed } = power.lines;
  return `${asked}: ${number(seen)} comparable canary lines were seen, about ${number(needed)} are needed${beyond}${unmarked}`;
}
