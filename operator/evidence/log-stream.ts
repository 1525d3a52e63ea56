import { readApiError } from '../../crds/client/api-error.ts';
import { abortedError, type CancelTimer, type Clock } from '../../crds/client/clock.ts';
import { resourcePath } from '../../crds/client/resource.ts';
import type { Transport } from '../../crds/client/transport.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import type { Instant } from '../model.ts';
import { PODS } from './objects.ts';

/** How long one reading of a log may take, in milliseconds: a hung kubelet leaves the API server waiting for ever. */
export interface LogTimeouts {
  /** Until the answer begins. */
  readonly headMs: number;
  /** Between two chunks. */
  readonly idleMs: number;
  /** From the request to the last byte. */
  readonly totalMs: number;
}

/** 10 s to begin, 10 s between chunks, two minutes in all. */
export const DEFAULT_LOG_TIMEOUTS: LogTimeouts = { headMs: 10_000, idleMs: 10_000, totalMs: 120_000 };

/** One container's log at the API server. */
export interface LogLocation {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The log of the run before this one. */
  readonly previous: boolean;
}

/** What of the log is asked for. */
export interface LogSlice {
  /** The API server hands it on in whole seconds, rounded down. */
  readonly since?: Instant;
  /** The oldest bytes only. */
  readonly limitBytes?: number;
}

/** What opening a log takes. */
export interface LogStreamOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeouts: LogTimeouts;
  readonly signal?: AbortSignal;
}

/** A time limit that ended a reading: trying again would only wait as long once more. */
export class LogTimeoutError extends CodedError {
  override readonly name = 'LogTimeoutError';

  constructor(message: string) {
    super('EVIDENCE_UNREADABLE', message);
  }
}

/**
 * The bytes of one container's log, each line led by its timestamp, until the server ends the answer or the loop is left.
 * @throws ApiError for an answer that is not 2xx; {@link LogTimeoutError}; `API_UNREACHABLE` for a connection that breaks;
 *   `ABORTED`.
 */
export async function* streamLog(
  location: LogLocation,
  slice: LogSlice,
  options: LogStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { transport, clock, timeouts, signal } = options;
  if (signal?.aborted) throw abortedError(signal, 'reading a log');
  const controller = new AbortController();
  let timedOut: LogTimeoutError | undefined;
  const limit = (ms: number, what: string): CancelTimer =>
    clock.setTimer(ms, () => {
      timedOut ??= new LogTimeoutError(`${what} within ${ms / 1000} s`);
      controller.abort(timedOut);
    });
  const follow = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', follow, { once: true });
  const cancelTotal = limit(timeouts.totalMs, 'the log did not end');
  let cancelStep = limit(timeouts.headMs, 'no answer came');
  try {
    const { namespace, pod: name } = location;
    const path = resourcePath(PODS, { namespace, name, subresource: 'log' });
    const query = logQuery(location, slice);
    const response = await transport.request({ method: 'GET', path, query, signal: controller.signal });
    if (response.status !== 200) {
      const call = { verb: 'get', resource: PODS, subresource: 'log', namespace, name } as const;
      throw await readApiError(response, call);
    }
    for await (const chunk of response.body) {
      cancelStep();
      yield chunk;
      cancelStep = limit(timeouts.idleMs, 'no further byte came');
    }
  } catch (error) {
    if (timedOut !== undefined) throw timedOut;
    if (signal?.aborted && !isCoded(error, 'ABORTED')) throw abortedError(signal, 'reading a log');
    throw error;
  } finally {
    cancelStep();
    cancelTotal();
    signal?.removeEventListener('abort', follow);
  }
}

function logQuery(location: LogLocation, slice: LogSlice): Record<string, string> {
  return {
    container: location.container,
    timestamps: 'true',
    ...(location.previous ? { previous: 'true' } : {}),
    ...(slice.since === undefined ? {} : { sinceTime: new Date(slice.since).toISOString() }),
    ...(slice.limitBytes === undefined ? {} : { limitBytes: String(slice.limitBytes) }),
  };
}
