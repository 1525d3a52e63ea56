import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { EventFact, Instant, Interval, Side } from '../model.ts';
import type { Cluster } from './cluster.ts';
import type { EventObject } from './objects.ts';
import type { SideObjects } from './side-pods.ts';

/** Events kept on one side, the newest. */
const MAX_EVENTS = 200;
const MAX_MESSAGE = 512;

/** The Events of a namespace; only those of either side are kept, see {@link eventsOf}. */
export async function listEvents(
  cluster: Cluster,
  namespace: string,
  signal?: AbortSignal,
): Promise<readonly EventObject[]> {
  const options = { namespace, ...(signal === undefined ? {} : { signal }) };
  return (await cluster.events.listAll(options)).items;
}

/** The Events about a side's own pods and ReplicaSets that were last seen within the interval, oldest first. */
export function eventsOf(
  events: readonly EventObject[],
  side: Side,
  objects: SideObjects,
  interval: Interval,
  redact: (text: string) => string,
): EventFact[] {
  const mine = new Set([...objects.pods, ...objects.replicaSets].flatMap(uid));
  return events
    .filter((event) => mine.has(event.involvedObject?.uid ?? ''))
    .map((event) => fact(event, side, redact))
    .filter(({ lastSeen }) => lastSeen >= interval.from && lastSeen <= interval.to)
    .sort((a, b) => a.lastSeen - b.lastSeen)
    .slice(-MAX_EVENTS);
}

function fact(event: EventObject, side: Side, redact: (text: string) => string): EventFact {
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
function lastSeen(event: EventObject): Instant {
  const times = [
    event.series?.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.firstTimestamp,
    event.metadata.creationTimestamp,
  ];
  for (const time of times) {
    const value = Date.parse(time ?? '');
    if (!Number.isNaN(value)) return value;
  }
  return 0;
}

function uid(object: KubernetesObject): string[] {
  return object.metadata.uid === undefined ? [] : [object.metadata.uid];
}
