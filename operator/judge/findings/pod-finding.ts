import type { Severity } from '../../../crds/v1alpha1/status.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { type Place, podsOf } from './pod-facts.ts';
import { cut, inPods } from './wording.ts';

/** The finding about containers of the canary: `claim` says what they do, each place is quoted as a fact. */
export function podFinding(
  kind: string,
  severity: Severity,
  claim: string,
  canary: readonly Place[],
  counts: { readonly stable: number; readonly canary: number },
  input: JudgeInput,
): Draft {
  const shown = podsOf(canary);
  const names = [...new Set(canary.map(({ container }) => container.name))];
  const which = `canary ${names.length === 1 ? 'container' : 'containers'} ${names.join(', ')}`;
  const versus = counts.stable === 0 ? 'on stable none' : `on stable ${counts.stable}`;
  const [first] = canary;
  const detail = first === undefined ? '' : ` (${statement(first)})`;
  return {
    kind,
    severity,
    message: cut(`${cut(which, 200)} ${claim} ${inPods(shown, input)}; ${versus}${detail}`),
    stableCount: counts.stable,
    canaryCount: counts.canary,
    canaryPods: shown,
    samples: canary.slice(0, 3).map((place) => cut(statement(place), 512)),
  };
}

/** What is known of one container, in the words of `kubectl describe`. */
function statement({ pod, container }: Place): string {
  const { waitingReason, waitingMessage, terminated, lastTerminated, restarts } = container;
  const ended = terminated ?? lastTerminated;
  return [
    `pod ${pod.name} container ${container.name}`,
    waitingReason === undefined ? container.state : `waiting: ${waitingReason}`,
    ...(waitingMessage === undefined ? [] : [cut(waitingMessage, 200)]),
    ...(restarts > 0 ? [`restarts ${restarts}`] : []),
    ...(ended === undefined ? [] : [`last ended ${ended.reason} exit code ${ended.exitCode}`]),
  ].join(', ');
}
