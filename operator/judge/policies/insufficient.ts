import { cut, number } from '../findings/wording.ts';
import type { Policy, State } from './state.ts';

/** Too little was seen to notice a bad canary: silence is no evidence then. */
export const insufficient: Policy = (state) => {
  const missing = noPodReady(state) ?? logsUnread(state) ?? powerTooLow(state);
  return missing === undefined
    ? undefined
    : { assessment: 'Insufficient', message: cut(missing), confidence: 0 };
};

function noPodReady({ input: { evidence } }: State): string | undefined {
  const { pods } = evidence.canary;
  if (pods.some(({ ready }) => ready)) return undefined;
  return pods.length === 0 ? 'no canary pod was found' : `none of ${pods.length} canary pods is Ready`;
}

function logsUnread({ input: { evidence } }: State): string | undefined {
  if (evidence.logsComplete.canary) return undefined;
  const { podsFound, podsRead } = evidence.read.canary;
  const [gap] = evidence.gaps;
  return `canary logs could not all be read (${podsRead} of ${podsFound} pods read${gap === undefined ? '' : `; ${cut(gap, 400)}`})`;
}

function powerTooLow({ power, input, comparison: { exposure } }: State): string | undefined {
  if (power.percent >= input.minPower) return undefined;
  const asked = `a clearly worse canary would have been noticed with ${power.percent} % chance, ${input.minPower} % is asked for`;
  if (power.silent)
    return `${asked}: both sides log nothing, and not every pod was Ready and every log read all through`;
  if (power.lines === undefined)
    return `${asked}: canary logged ${number(exposure.ordinaryLines.canary)} ordinary lines, stable ${number(exposure.ordinaryLines.stable)}`;
  const { seen, needed } = power.lines;
  return `${asked}: ${number(seen)} comparable canary lines were seen, about ${number(needed)} are needed`;
}
