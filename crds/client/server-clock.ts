import type { Clock } from './clock.ts';
import type { Transport } from './transport.ts';

/** A `Date` header is in whole seconds, rounded down, and a server may renew it only every second. */
const HEADER_MS = 2000;

/** A transport that listens for the time, and the clock that follows from it. */
export interface ServerClock {
  readonly transport: Transport;
  /** Wall-clock time as the API server has it, for comparisons with what it stamps; all else is the given clock's. */
  readonly clock: Clock;
  /** How far the server's clock is known to be ahead of the given one, milliseconds; 0 while they may agree. */
  readonly offsetMs: number;
}

/**
 * Keeps to the API server's time: deadlines and windows are compared with `creationTimestamp`s that come from its clock.
 * The `Date` of each answer (RFC 9110 §6.6.1) lies between request and answer, so each bounds the difference of the two
 * clocks, and the offset moves no further than these bounds ask.
 */
export function followServerClock(transport: Transport, clock: Clock): ServerClock {
  let offsetMs = 0;
  return {
    transport: {
      async request(request) {
        const sent = clock.now();
        const response = await transport.request(request);
        const date = Date.parse(response.headers['date'] ?? '');
        if (!Number.isNaN(date)) {
          const least = date - clock.now();
          const most = date + HEADER_MS - sent;
          if (least <= most) offsetMs = Math.min(Math.max(offsetMs, least), most);
        }
        return response;
      },
    },
    clock: {
      now: () => clock.now() + offsetMs,
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      setTimer: (ms, callback) => clock.setTimer(ms, callback),
    },
    get offsetMs() {
      return offsetMs;
    },
  };
}
