import type { Side } from '../../model.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { exceedsPerPodHour, type Place, places } from './pod-facts.ts';
import { podFinding } from './pod-finding.ts';

/**
 * Containers that the kernel killed for their memory: Blocking where it happened again, to the same container or to
 * another, and more often per pod-hour than on stable; a single kill is Suspicious; no more than on stable is Info.
 */
export function outOfMemory(input: JudgeInput): readonly Draft[] {
  const killed = (side: Side) => places(input, side).filter((place) => kills(place) > 0);
  const count = (side: Side) => killed(side).reduce((sum, place) => sum + kills(place), 0);
  const counts = { stable: count('stable'), canary: count('canary') };
  if (counts.canary === 0) return [];
  const severity = !exceedsPerPodHour(counts, input)
    ? 'Info'
    : counts.canary >= 2
      ? 'Blocking'
      : 'Suspicious';
  return [
    podFinding(
      'OutOfMemory',
      severity,
      'is killed for its memory (OOMKilled)',
      killed('canary'),
      counts,
      input,
    ),
  ];
}

/** Kills that can be told: the status keeps two ends; more restarts after one of them mean that it went on. */
function kills({ container }: Place): number {
  const ends = [container.terminated, container.lastTerminated].filter(
    (end) => end?.reason === 'OOMKilled',
  ).length;
  return ends === 1 && container.restarts >= 2 ? 2 : ends;
}
