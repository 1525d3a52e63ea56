import { abortedError, type CancelTimer, type Clock } from '../../crds/client/clock.ts';

/**
 * Does something whose answer is wanted once it has begun: an end that is asked for meanwhile reaches it `ms` later.
 * A write ends its own task that way: the watch may show the written object before the answer to the write comes.
 * @throws CodedError `ABORTED` when the end was asked for before the beginning; what the action throws.
 */
export async function hearOut<R>(
  action: (signal: AbortSignal) => Promise<R>,
  { clock, ms, signal }: { clock: Clock; ms: number; signal?: AbortSignal | undefined },
): Promise<R> {
  if (signal?.aborted) throw abortedError(signal);
  const later = new AbortController();
  let cancel: CancelTimer = () => {};
  const onAbort = (): void => {
    cancel = clock.setTimer(ms, () => later.abort(signal?.reason));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await action(later.signal);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    cancel();
  }
}
