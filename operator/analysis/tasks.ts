import { CodedError, isCoded } from '../../crds/errors.ts';

/** One piece of work in the background. */
interface Running {
  readonly uid: string;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** What is told when a task has ended. */
export type TaskEnd = { readonly key: string; readonly error?: unknown };

/** The works in flight, at most one for each key; each can be ended at once. */
export class Tasks {
  readonly #running = new Map<string, Running>();
  readonly #onEnd: (end: TaskEnd) => void;

  /** @param onEnd told of each end that was not asked for; `error` is what the work failed with. */
  constructor(onEnd: (end: TaskEnd) => void) {
    this.#onEnd = onEnd;
  }

  /** How many are in flight. */
  get size(): number {
    return this.#running.size;
  }

  /** Whether the work of a key is in flight for the object with this UID. */
  has(key: string, uid: string): boolean {
    return this.#running.get(key)?.uid === uid;
  }

  /** Starts the work of a key; does nothing while one is in flight. */
  start(key: string, uid: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#running.has(key)) return;
    const controller = new AbortController();
    const ended = (async () => work(controller.signal))().then(
      () => this.#ended(key, controller, undefined),
      (error: unknown) => this.#ended(key, controller, error),
    );
    this.#running.set(key, { uid, controller, ended });
  }

  /** Ends the work of a key and resolves when it has ended. */
  async abort(key: string): Promise<void> {
    const running = this.#running.get(key);
    if (running === undefined) return;
    running.controller.abort(new CodedError('ABORTED', 'the analysis was closed'));
    await running.ended;
  }

  /** Ends all works and resolves when they have ended. */
  async abortAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((key) => this.abort(key)));
  }

  #ended(key: string, controller: AbortController, error: unknown): void {
    this.#running.delete(key);
    if (controller.signal.aborted) return;
    this.#onEnd(error === undefined || isCoded(error, 'ABORTED') ? { key } : { key, error });
  }
}
