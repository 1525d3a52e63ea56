/** Answers in the order they are to be given; the last resort stays until it is replaced. */
export class Script<T> {
  readonly #queue: T[] = [];
  #always: T;

  constructor(always: T) {
    this.#always = always;
  }

  /** Gives these once each, in order, before anything else. */
  next(...answers: readonly T[]): void {
    this.#queue.push(...answers);
  }

  /** Gives this whenever nothing else is queued. */
  always(answer: T): void {
    this.#always = answer;
  }

  take(): T {
    return this.#queue.shift() ?? this.#always;
  }
}
