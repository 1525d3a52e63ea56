import { type ListTasksResponse, type Task, TaskState } from '@a2a-js/sdk';
import type { TaskStore } from '@a2a-js/sdk/server';

/** The states that a task does not leave (A2A 1.0 §4.1.3). */
const ENDED: ReadonlySet<TaskState> = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
]);

/**
 * Keeps the newest tasks in memory: whoever asked has read the answer long before its task is forgotten. A task that ended is
 * forgotten before one that goes on.
 */
export class RecentTasks implements TaskStore {
  readonly #size: number;
  readonly #tasks = new Map<string, Task>();

  /** @param size how many are kept; must exceed those in work */
  constructor(size: number) {
    this.#size = size;
  }

  async save(task: Task): Promise<void> {
    this.#tasks.delete(task.id);
    this.#tasks.set(task.id, structuredClone(task));
    while (this.#tasks.size > this.#size) this.#tasks.delete(this.#dispensable());
  }

  #dispensable(): string {
    const [oldest = ''] = this.#tasks.keys();
    for (const [id, { status }] of this.#tasks)
      if (status !== undefined && ENDED.has(status.state)) return id;
    return oldest;
  }

  async load(id: string): Promise<Task | undefined> {
    const task = this.#tasks.get(id);
    return task === undefined ? undefined : structuredClone(task);
  }

  /** Empty: nobody is told of the tasks of others. */
  async list(): Promise<ListTasksResponse> {
    return { tasks: [], nextPageToken: '', pageSize: 0, totalSize: 0 };
  }
}
