import type { ListTasksResponse, Task } from '@a2a-js/sdk';
import type { TaskStore } from '@a2a-js/sdk/server';

/** Keeps the newest tasks in memory: whoever asked has read the answer long before its task is forgotten. */
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
    for (const id of this.#tasks.keys()) {
      if (this.#tasks.size <= this.#size) return;
      this.#tasks.delete(id);
    }
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
