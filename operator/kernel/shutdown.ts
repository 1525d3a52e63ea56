import type { Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import { CodedError } from '../../crds/errors.ts';
import type { Logger } from './logger.ts';

/** What of a process {@link onTermination} needs. */
export interface SignalledProcess {
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

/** A process's end, asked for from outside. */
export interface Termination {
  /** Fires at the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the process. */
  dispose(): void;
}

const SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const;

/** Turns the first SIGTERM or SIGINT into an AbortSignal; a second one exits at once with 128 + its number. */
export function onTermination(process: SignalledProcess, logger: Logger): Termination {
  const controller = new AbortController();
  const listener = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      logger.warn('second signal, exiting at once', { signal: name });
      process.exit(128 + (name === 'SIGINT' ? SIGNALS.SIGINT : SIGNALS.SIGTERM));
      return;
    }
    logger.info('signal received, shutting down', { signal: name });
    controller.abort(new CodedError('ABORTED', `the process received ${name}`));
  };
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    dispose() {
      for (const name of names) process.off(name, listener);
    },
  };
}

/** One thing to stop, and how long that may take. */
export interface StopStep {
  readonly name: string;
  readonly timeoutMs: number;
  /** The signal fires at the time limit; what does not end then is left behind. */
  stop(signal: AbortSignal): Promise<void> | void;
}

/**
 * Stops things one after the other, each within its time limit; one that fails or hangs does not hold the next.
 * Resolves to whether all of them stopped cleanly; never rejects.
 */
export async function stopInOrder(
  steps: readonly StopStep[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<boolean> {
  let clean = true;
  for (const step of steps) {
    const deadline = startDeadline(clock, step.timeoutMs);
    const expired = new Promise<'expired'>((resolve) => {
      deadline.signal.addEventListener('abort', () => resolve('expired'), { once: true });
    });
    try {
      const outcome = await Promise.race([(async () => step.stop(deadline.signal))(), expired]);
      if (outcome === 'expired') {
        clean = false;
        logger.error('did not stop in time', { step: step.name, timeoutMs: step.timeoutMs });
      }
    } catch (error) {
      clean = false;
      logger.error('failed to stop', { step: step.name, error });
    } finally {
      deadline.dispose();
    }
  }
  return clean;
}
