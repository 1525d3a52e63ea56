import { SIDES, type Side } from '../../operator/model.ts';
import type { Files } from '../eval/memory-folder.ts';
import { EPOCH } from '../eval/synthetic/plans.ts';

/** How long all logs last, milliseconds. */
const WINDOW_MS = 600_000;
const STARTED = EPOCH - 3_600_000;
const END = EPOCH + WINDOW_MS;

/** The state of a container, as a Pod's status has it. */
export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: Readonly<Record<string, string | number>>;
}

/** One pod of a bundle that is to be written. */
export interface PodPlan {
  readonly name: string;
  readonly container: string;
  readonly image: string;
  /** Records in order; the window's time is divided evenly among them. */
  readonly log: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ready?: boolean;
  readonly restarts?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

/** One Warning event of a pod. */
export interface EventPlan {
  readonly object: string;
  readonly reason: string;
  readonly message: string;
}

/** A bundle before it is written: what an attack changes. */
export interface Plan {
  readonly stable: readonly PodPlan[];
  readonly canary: readonly PodPlan[];
  readonly events?: readonly EventPlan[];
  /** Environment variables that only the canary's template has. */
  readonly newVariables?: readonly string[];
  /** Files beside the pods. */
  readonly strangers?: Files;
}

/** The bundle's files. */
export function written(plan: Plan): Files {
  const files: Record<string, string> = { ...plan.strangers };
  for (const side of SIDES) {
    for (const pod of plan[side]) {
      files[`${side}/${pod.name}/${pod.container}.log`] = logText(pod);
      files[`${side}/${pod.name}/pod.json`] = JSON.stringify(podObject(pod));
    }
  }
  if (plan.events !== undefined) {
    files['canary/events.json'] = JSON.stringify({ items: plan.events.map(eventObject) });
  }
  if (plan.newVariables !== undefined) {
    files['change.json'] = JSON.stringify({
      stable: template(plan, 'stable', []),
      canary: template(plan, 'canary', plan.newVariables),
    });
  }
  return files;
}

/** Each line, also one that an attack put in with a line break, is stamped by the kubelet. */
function logText({ log }: PodPlan): string {
  const step = WINDOW_MS / Math.max(1, log.length);
  return log
    .flatMap((record, i) =>
      record
        .split('\n')
        .map((line) => `${new Date(EPOCH + i * step).toISOString().slice(0, -1)}000000Z ${line}\n`),
    )
    .join('');
}

function podObject(pod: PodPlan): object {
  const { name, container, image, annotations = {}, labels = {}, ready = true, restarts = 0 } = pod;
  const status = ready ? 'True' : 'False';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: `uid-${name}`, creationTimestamp: seconds(STARTED), annotations, labels },
    spec: { nodeName: 'node-1', containers: [{ name: container, image }] },
    status: {
      phase: 'Running',
      startTime: seconds(STARTED),
      conditions: [{ type: 'Ready', status, lastTransitionTime: seconds(STARTED) }],
      containerStatuses: [
        {
          name: container,
          image,
          ready,
          restartCount: restarts,
          state: pod.state ?? { running: { startedAt: seconds(STARTED) } },
          ...(pod.lastState === undefined ? {} : { lastState: pod.lastState }),
        },
      ],
    },
  };
}

function eventObject({ object, reason, message }: EventPlan): object {
  const [kind = '', name = ''] = object.split('/', 2);
  return {
    involvedObject: { kind, name },
    type: 'Warning',
    reason,
    message,
    count: 3,
    lastTimestamp: seconds(END),
  };
}

function template(plan: Plan, side: Side, variables: readonly string[]): object {
  const { container = 'shop', image = '' } = plan[side][0] ?? {};
  return {
    spec: { containers: [{ name: container, image, env: variables.map((name) => ({ name, value: '1' })) }] },
  };
}

/** An RFC 3339 time of the kind that the API server writes. */
export function seconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** When the last record of a log was written. */
export { END };
