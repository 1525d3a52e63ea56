import { CodedError } from '../errors.ts';
import type { Clock } from './clock.ts';

/** An AbortSignal that follows another one and a time limit; whoever made it disposes of it. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True when the time limit ended it, not the signal it follows. */
  readonly expired: boolean;
  /** Lets go of the timer and of the followed signal. */
  dispose(): void;
}

/** Starts a time limit of `ms` milliseconds (Infinity: none) that also ends when `parent` does. */
export function startDeadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const follow = (): void => controller.abort(parent?.reason);
  const expire = (): void => {
    expired = !controller.signal.aborted;
    controller.abort(new CodedError('ABORTED', `a time limit of ${ms} ms was reached`));
  };
  const cancel = Number.isFinite(ms) ? clock.setTimer(ms, expire) : () => {};
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    dispose() {
      cancel();
      parent?.removeEventListener('abort', follow);
    },
  };
}
