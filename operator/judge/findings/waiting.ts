import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { exceedsPerPod, type Place, places, podsOf } from './pod-facts.ts';
import { podFinding } from './pod-finding.ts';

/** A waiting reason seen for this long persists; in milliseconds. */
export const PERSISTS_MS = 10_000;

/**
 * Containers that wait for one of these reasons: Blocking where that persists, for {@link PERSISTS_MS} or across a
 * restart, and holds in a larger part of canary's pods than of stable's; Info where it does not exceed stable's;
 * Suspicious where it has not lasted yet.
 */
export function waitingFor(
  kind: string,
  reasons: ReadonlySet<string>,
  claim: string,
  input: JudgeInput,
): readonly Draft[] {
  const waits = ({ container }: Place) => reasons.has(container.waitingReason ?? '');
  const canary = places(input, 'canary').filter(waits);
  if (canary.length === 0) return [];
  const stable = places(input, 'stable').filter(waits);
  const lasting = canary.filter(persists);
  const shown = lasting.length > 0 ? lasting : canary;
  const counts = { stable: podsOf(stable), canary: podsOf(shown) };
  const severity = !exceedsPerPod(counts, input) ? 'Info' : lasting.length > 0 ? 'Blocking' : 'Suspicious';
  return [podFinding(kind, severity, claim, shown, counts, input)];
}

function persists({ container }: Place): boolean {
  return (container.waitingFor ?? 0) >= PERSISTS_MS || container.restarts >= 2;
}
