import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { EventFact, Interval, Side } from '../model.ts';
import { eventFact } from '../pods/event-fact.ts';
import type { Cluster } from './cluster.ts';
import type { EventObject } from './objects.ts';
import type { SideObjects } from './side-pods.ts';

/** Events kept on one side, the newest. */
const MAX_EVENTS = 200;

/** The Events of a namespace that are about a side's own pods and ReplicaSets; all others are dropped page by page. */
export async function listEvents(
  cluster: Cluster,
  namespace: string,
  sides: readonly SideObjects[],
  signal?: AbortSignal,
): Promise<readonly EventObject[]> {
  const involved = new Set(sides.flatMap((side) => [...uidsOf(side)]));
  const keep = (event: EventObject): boolean => involved.has(event.involvedObject?.uid ?? '');
  const options = { namespace, keep, ...(signal === undefined ? {} : { signal }) };
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
  const mine = uidsOf(objects);
  return events
    .filter((event) => mine.has(event.involvedObject?.uid ?? ''))
    .map((event) => eventFact(event, side, redact))
    .filter(({ lastSeen }) => lastSeen >= interval.from && lastSeen <= interval.to)
    .sort((a, b) => a.lastSeen - b.lastSeen)
    .slice(-MAX_EVENTS);
}

function uidsOf({ pods, replicaSets }: SideObjects): Set<string> {
  const objects: readonly KubernetesObject[] = [...pods, ...replicaSets];
  return new Set(objects.flatMap(({ metadata }) => metadata.uid ?? []));
}
