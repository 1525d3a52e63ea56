import type { Instant } from '../model.ts';
import type { ContainerStatus } from '../pods/pod-object.ts';

/**
 * When the run behind a container's log ended: Infinity while it goes on and where the status does not tell, undefined
 * where no such run is known. A container that waits for its next run still has the log of its last one.
 * @param previous the run before the last one, as in `kubectl logs --previous`
 */
export function runEnd(status: ContainerStatus | undefined, previous: boolean): Instant | undefined {
  const { state = {}, lastState = {}, restartCount = 0 } = status ?? {};
  if (previous) {
    if (restartCount === 0 && lastState.terminated === undefined) return undefined;
    const next = state.running?.startedAt ?? state.terminated?.startedAt;
    return instantOr(Infinity, lastState.terminated?.finishedAt ?? next);
  }
  if (state.running !== undefined) return Infinity;
  const ended = state.terminated ?? lastState.terminated;
  if (ended !== undefined) return instantOr(Infinity, ended.finishedAt);
  return restartCount > 0 ? Infinity : undefined;
}

function instantOr(otherwise: Instant, text: string | undefined): Instant {
  const value = Date.parse(text ?? '');
  return Number.isNaN(value) ? otherwise : value;
}
