import type { EventFact, Instant, Side } from '../model.ts';

/** Longest message kept, in characters. */
const MAX_MESSAGE = 512;

/** An Event (core/v1 or events.k8s.io), as far as it is read here. */
export interface EventLike {
  readonly metadata?: { readonly creationTimestamp?: string };
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
}

/** What one Event tells; its message is redacted. */
export function eventFact(event: EventLike, side: Side, redact: (text: string) => string): EventFact {
  const { kind = '', name = '' } = event.involvedObject ?? {};
  return {
    side,
    object: `${kind}/${name}`,
    type: event.type ?? 'Normal',
    reason: event.reason ?? '',
    message: redact(event.message ?? '').slice(0, MAX_MESSAGE),
    count: event.series?.count ?? event.count ?? 1,
    lastSeen: lastSeen(event),
  };
}

/** New-style Events carry `eventTime` and a series, old-style ones first and last timestamps of whole seconds. */
function lastSeen(event: EventLike): Instant {
  const times = [
    event.series?.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.firstTimestamp,
    event.metadata?.creationTimestamp,
  ];
  for (const time of times) {
    const value = Date.parse(time ?? '');
    if (!Number.isNaN(value)) return value;
  }
  return 0;
}
