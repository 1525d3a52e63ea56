import { isObject, type JsonObject, type KubeObject } from '../kubernetes.ts';
import { age } from './human-duration.ts';
import { evaluateJsonPath } from './json-path.ts';
import { AGE, printer } from './printer.ts';
import type { Printer } from './resource-type.ts';

/** How the built-in kinds print, in kubectl's columns. */
export const builtInPrinters: Readonly<Record<string, Printer>> = {
  Pod: printer(
    [
      [
        'Ready',
        (pod) =>
          `${containerStatuses(pod).filter((status) => status['ready']).length}/${containersOf(pod).length}`,
      ],
      ['Status', podStatus],
      ['Restarts', podRestarts],
      ['Age', AGE],
    ],
    [
      ['IP', (pod) => pod.status?.['podIP'] ?? '<none>'],
      ['Node', (pod) => pod.spec?.['nodeName'] ?? '<none>'],
    ],
  ),
  ReplicaSet: printer([
    ['Desired', field('.spec.replicas', 0)],
    ['Current', field('.status.replicas', 0)],
    ['Ready', field('.status.readyReplicas', 0)],
    ['Age', AGE],
  ]),
  Deployment: printer([
    [
      'Ready',
      (object) => `${field('.status.readyReplicas', 0)(object)}/${field('.spec.replicas', 0)(object)}`,
    ],
    ['Up-to-date', field('.status.updatedReplicas', 0)],
    ['Available', field('.status.availableReplicas', 0)],
    ['Age', AGE],
  ]),
  Event: printer(
    [
      [
        'Last Seen',
        (event, now) =>
          age(event['lastTimestamp'] ?? event['eventTime'] ?? event.metadata.creationTimestamp, now),
      ],
      ['Type', field('.type')],
      ['Reason', field('.reason')],
      [
        'Object',
        (event) =>
          `${String(field('.involvedObject.kind')(event)).toLowerCase()}/${field('.involvedObject.name')(event)}`,
      ],
      ['Message', (event) => String(event['message'] ?? '').trim()],
    ],
    [['Count', field('.count', 1)]],
    false,
  ),
  Node: printer([
    [
      'Status',
      (node) =>
        evaluateJsonPath('.status.conditions[?(@.type=="Ready")].status', node)[0] === 'True'
          ? 'Ready'
          : 'NotReady',
    ],
    ['Roles', () => '<none>'],
    ['Age', AGE],
    ['Version', field('.status.nodeInfo.kubeletVersion', '')],
  ]),
  Namespace: printer([
    ['Status', field('.status.phase')],
    ['Age', AGE],
  ]),
  ConfigMap: printer([
    [
      'Data',
      (object) =>
        [object['data'], object['binaryData']].reduce<number>(
          (sum, part) => sum + (isObject(part) ? Object.keys(part).length : 0),
          0,
        ),
    ],
    ['Age', AGE],
  ]),
  CustomResourceDefinition: printer([['Created At', (object) => object.metadata.creationTimestamp]]),
};

function field(path: string, absent: unknown = '<none>'): (object: KubeObject) => unknown {
  return (object) => evaluateJsonPath(path, object)[0] ?? absent;
}

function containersOf(pod: KubeObject): unknown[] {
  const containers = pod.spec?.['containers'];
  return Array.isArray(containers) ? containers : [];
}

function containerStatuses(pod: KubeObject, list = 'containerStatuses'): JsonObject[] {
  const statuses = pod.status?.[list];
  return Array.isArray(statuses) ? statuses.filter(isObject) : [];
}

function podStatus(pod: KubeObject): string {
  let text = String(pod.status?.['reason'] ?? pod.status?.['phase'] ?? 'Unknown');
  const initial = containerStatuses(pod, 'initContainerStatuses');
  const stuck = initial.findIndex(
    (status) =>
      !isObject(at(status, 'state', 'running')) && at(status, 'state', 'terminated', 'exitCode') !== 0,
  );
  if (stuck >= 0) {
    const why =
      at(initial[stuck], 'state', 'terminated', 'reason') ?? at(initial[stuck], 'state', 'waiting', 'reason');
    text = why === undefined || why === 'PodInitializing' ? `Init:${stuck}/${initial.length}` : `Init:${why}`;
  } else {
    for (const status of containerStatuses(pod).reverse()) {
      const why = at(status, 'state', 'waiting', 'reason') ?? at(status, 'state', 'terminated', 'reason');
      if (why !== undefined) text = String(why);
    }
  }
  return pod.metadata.deletionTimestamp === undefined ? text : 'Terminating';
}

function podRestarts(pod: KubeObject, now: Date): string {
  const statuses = containerStatuses(pod);
  const restarts = statuses.reduce((sum, status) => sum + Number(status['restartCount'] ?? 0), 0);
  const ends = statuses
    .map((status) => at(status, 'lastState', 'terminated', 'finishedAt'))
    .filter((end) => typeof end === 'string');
  const last = ends.sort().at(-1);
  return last === undefined ? String(restarts) : `${restarts} (${age(last, now)} ago)`;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((current, step) => (isObject(current) ? current[step] : undefined), value);
}
