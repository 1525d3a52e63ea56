import { abortedError } from '../../crds/client/clock.ts';

/** Thrown to whom there is no room for. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/** Lets so many do something at a time and so many wait; turns others away. */
export class Slots {
  readonly #size: number;
  readonly #room: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  /** @param size at a time  @param room how many may wait */
  constructor(size: number, room: number) {
    this.#size = size;
    this.#room = room;
  }

  /**
   * Does something when there is a slot for it.
   * @throws {@link Busy} when too many wait already; CodedError `ABORTED` when the signal fires before there is a slot.
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(abortedError(signal));
    if (this.#taken < this.#size) {
      this.#taken += 1;
      return Promise.resolve();
    }
    if (this.#waiting.size >= this.#room) return Promise.reject(new Busy('too many analyses wait already'));
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(admit);
        reject(abortedError(signal));
      };
      this.#waiting.add(admit);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** The slot goes to who waited longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
