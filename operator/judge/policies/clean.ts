import { number } from '../findings/wording.ts';
import { CLEARLY_WORSE } from '../power.ts';
import { ofSilence } from './confidence.ts';
import type { Holding, State } from './state.ts';
import { isUnmarked, UNMARKED } from './unmarked.ts';

/** Enough was seen and nothing speaks against the canary; always holds, so it comes last. */
export function clean({ input, comparison, power, findings }: State): Holding {
  const { distilled, evidence } = input;
  const { exposure, suspicionAlpha } = comparison;
  const pods = (count: number) => `${number(count)} ${count === 1 ? 'pod' : 'pods'}`;
  const all = pods(evidence.canary.pods.length + evidence.stable.pods.length);
  const watched =
    power.percent > 0
      ? `and all ${all} were Ready and watched all through`
      : 'and were not watched all through';
  const compared = power.silent
    ? `canary and stable log nothing of their ordinary work, ${watched}`
    : `${number(distilled.lines.canary)} canary lines of ${pods(evidence.read.canary.podsRead)} compared with ${number(distilled.lines.stable)} stable lines of ${pods(evidence.read.stable.podsRead)}`;
  const measured =
    exposure.unit === 'podSeconds'
      ? ` over ${number(exposure.canary)} and ${number(exposure.stable)} Ready pod-seconds`
      : '';
  const informed = findings.length > 0 ? `, ${findings.length} for information only` : '';
  return {
    assessment: 'Clean',
    message: `nothing speaks against the canary${informed}: ${compared}${power.silent ? '' : measured}; a clearly worse one (${CLEARLY_WORSE}) would have been noticed with ${power.percent} % chance${isUnmarked(power.mix) ? `; ${UNMARKED}` : ''}`,
    confidence: ofSilence(power.percent, suspicionAlpha),
  };
}
