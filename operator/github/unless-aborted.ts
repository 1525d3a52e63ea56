import { abortedError } from '../../crds/client/clock.ts';

/**
 * What a promise comes to, unless the signal fires first; the work behind it goes on by itself.
 * @throws CodedError `ABORTED` as soon as the signal fires
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(abortedError(signal, 'the report'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  promise.catch(() => {});
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
