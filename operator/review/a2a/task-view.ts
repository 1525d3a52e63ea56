import {
  type Artifact,
  type Message,
  type Part,
  type StreamResponse,
  type Task,
  TaskState,
  taskStateToJSON,
} from '@a2a-js/sdk';
import { plainText } from '../escape.ts';

/** An id that is longer is cut, characters. */
const MAX_NAME = 128;

/** What is known of the work that an agent does on one message. */
export interface TaskView {
  /** Absent while the agent has made no task of the message. */
  readonly id?: string;
  /** Absent while there is no task; `TASK_STATE_COMPLETED` where the agent answered with a message alone. */
  readonly state?: TaskState;
  /** By id, in the order in which they came. */
  readonly artifacts: ReadonlyMap<string, readonly Part[]>;
  /** The parts of the message that came with the latest state, or that the agent answered with. */
  readonly said: readonly Part[];
}

/** Before the agent has said anything. */
export const NOTHING_YET: TaskView = { artifacts: new Map(), said: [] };

/** The states in which the agent does nothing any more, or waits for somebody (A2A 1.0 §4.1.3). */
const AT_REST: ReadonlySet<TaskState> = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
  TaskState.TASK_STATE_INPUT_REQUIRED,
  TaskState.TASK_STATE_AUTH_REQUIRED,
]);

/** Whether nothing more comes of it without somebody else. */
export function isAtRest({ state }: TaskView): boolean {
  return state !== undefined && AT_REST.has(state);
}

/** Whether there is a task that can be cancelled: one that has not ended. */
export function isCancellable(view: TaskView): boolean {
  return (
    view.id !== undefined &&
    (!isAtRest(view) ||
      view.state === TaskState.TASK_STATE_INPUT_REQUIRED ||
      view.state === TaskState.TASK_STATE_AUTH_REQUIRED)
  );
}

/** A task's id as a log shows it: the agent chose it. Undefined where the agent has made no task. */
export function taskName({ id }: TaskView): string | undefined {
  return id === undefined ? undefined : plainText(id, MAX_NAME);
}

/** The name of a task's state in the protocol (A2A 1.0 §4.1.3); undefined where the agent has told none. */
export function stateName({ state }: TaskView): string | undefined {
  return state === undefined ? undefined : taskStateToJSON(state);
}

/** The view after a task was told whole. */
export function fromTask({ id, status, artifacts }: Task): TaskView {
  return {
    ...(id === '' ? {} : { id }),
    state: status?.state ?? TaskState.TASK_STATE_UNSPECIFIED,
    artifacts: new Map(artifacts.map((artifact) => [artifact.artifactId, artifact.parts])),
    said: status?.message?.parts ?? [],
  };
}

/** The view of an agent that answered with a message and no task. */
export function fromMessage({ parts }: Message): TaskView {
  return { ...NOTHING_YET, state: TaskState.TASK_STATE_COMPLETED, said: parts };
}

/** The view after one more event of a stream. */
export function advance(view: TaskView, { payload }: StreamResponse): TaskView {
  switch (payload?.$case) {
    case 'task':
      return fromTask(payload.value);
    case 'message':
      return { ...fromMessage(payload.value), ...(view.id === undefined ? {} : { id: view.id }) };
    case 'statusUpdate': {
      const { taskId, status } = payload.value;
      return {
        ...view,
        id: view.id ?? taskId,
        state: status?.state ?? TaskState.TASK_STATE_UNSPECIFIED,
        said: status?.message?.parts ?? [],
      };
    }
    case 'artifactUpdate': {
      const { taskId, artifact, append } = payload.value;
      if (artifact === undefined) return view;
      return { ...view, id: view.id ?? taskId, artifacts: withArtifact(view.artifacts, artifact, append) };
    }
    default:
      return view;
  }
}

function withArtifact(
  artifacts: TaskView['artifacts'],
  { artifactId, parts }: Artifact,
  append: boolean,
): Map<string, readonly Part[]> {
  const before = append ? (artifacts.get(artifactId) ?? []) : [];
  return new Map(artifacts).set(artifactId, [...before, ...parts]);
}
