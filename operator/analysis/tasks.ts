import { CodedError, isCoded } from '../../crds/errors.ts';

/** One piece of work in the background. */
interface Running {
  readonly uid: string;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** What is told when a task has ended: what it came to, or what it failed with; neither when it was cancelled. */
export interface TaskEnd<R> {
  readonly key: string;
  readonly uid: string;
  readonly result?: R;
  readonly error?: unknown;
}

/** The works in flight, at most one for each key; each can be ended at once. */
export class Tasks<R = void> {
  readonly #running = new Map<string, Running>();
  readonly #onEnd: (end: TaskEnd<R>) => void;

  /** @param onEnd told of each end that was not asked for. */
  constructor(onEnd: (end: TaskEnd<R>) => void) {
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
  start(key: string, uid: string, work: (signal: AbortSignal) => Promise<R>): void {
    if (this.#running.has(key)) return;
    const controller = new AbortController();
    const ended = (async () => work(controller.signal))().then(
      (result) => this.#ended(controller, { key, uid, result }),
      (error: unknown) =>
        this.#ended(controller, isCoded(error, 'ABORTED') ? { key, uid } : { key, uid, error }),
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

  #ended(controller: AbortController, end: TaskEnd<R>): void {
    this.#running.delete(end.key);
    if (!controller.signal.aborted) this.#onEnd(end);
  }
}
