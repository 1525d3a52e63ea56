import { CodedError } from '../errors.ts';

/** Time, injected: what waits or measures takes one of these, so that a test can move it. */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes backwards. For durations. */
  monotonic(): number;
  /** Waits; rejects with a {@link CodedError} `ABORTED` as soon as the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms` (any length) unless the returned function is called before. */
  setTimer(ms: number, callback: () => void): CancelTimer;
}

/** Cancels a timer; calling it again, or after the timer fired, does nothing. */
export type CancelTimer = () => void;

/** The longest delay that setTimeout takes; a longer one would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

function setTimer(ms: number, callback: () => void): CancelTimer {
  let rest = Math.max(0, ms);
  let timeout: NodeJS.Timeout;
  const arm = (): void => {
    const step = Math.min(rest, LONGEST_TIMEOUT_MS);
    rest -= step;
    timeout = setTimeout(() => (rest > 0 ? arm() : callback()), step);
  };
  arm();
  return () => clearTimeout(timeout);
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
  sleep: (ms, signal) => sleepOn(setTimer, ms, signal),
  setTimer,
};

/** `Clock.sleep` in terms of `Clock.setTimer`, for those who make a clock. */
export function sleepOn(timer: Clock['setTimer'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortedError(signal));
      return;
    }
    const onAbort = (): void => {
      cancel();
      if (signal !== undefined) reject(abortedError(signal));
    };
    const cancel = timer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The error of work that a signal ended; the signal's reason is its cause. */
export function abortedError(signal: AbortSignal, what = 'the work'): CodedError {
  return new CodedError('ABORTED', `${what} was cancelled`, { cause: signal.reason });
}
