import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { exceedsPerPodHour, type Place, places } from './pod-facts.ts';
import { podFinding } from './pod-finding.ts';

/** From this many restarts of one container on, they persist. */
export const MANY_RESTARTS = 3;

/**
 * Restarted containers: Blocking from {@link MANY_RESTARTS} of one container on where the side restarts more often per
 * pod-hour than stable; fewer are Suspicious; no more than on stable is Info.
 */
export function restarts(input: JudgeInput): readonly Draft[] {
  const canary = places(input, 'canary').filter(({ container }) => container.restarts > 0);
  if (canary.length === 0) return [];
  const counts = { stable: total(places(input, 'stable')), canary: total(canary) };
  const many = canary.filter(({ container }) => container.restarts >= MANY_RESTARTS);
  const severity = !exceedsPerPodHour(counts, input) ? 'Info' : many.length > 0 ? 'Blocking' : 'Suspicious';
  const shown = many.length > 0 ? many : canary;
  return [podFinding('Restarts', severity, `restarted ${total(shown)} times`, shown, counts, input)];
}

function total(found: readonly Place[]): number {
  return found.reduce((sum, { container }) => sum + container.restarts, 0);
}
