/** Minutes kept of one series: those of a day. */
const MAX_MINUTES = 1_440;

/** Counts by minute since the epoch. Once {@link MAX_MINUTES} are known, further ones are left out. */
export class Minutes {
  readonly #counts = new Map<number, number>();
  #minute = Number.NaN;
  #count = 0;

  /** One more at this time, in milliseconds since the epoch. */
  add(time: number): void {
    const minute = Math.floor(time / 60_000);
    if (minute !== this.#minute) {
      this.#store();
      this.#minute = minute;
      this.#count = this.#counts.get(minute) ?? 0;
    }
    this.#count += 1;
  }

  /** What was counted; absent where nothing was. */
  result(): Readonly<Record<string, number>> | undefined {
    this.#store();
    return this.#counts.size === 0 ? undefined : Object.fromEntries(this.#counts);
  }

  #store(): void {
    if (Number.isNaN(this.#minute)) return;
    if (this.#counts.has(this.#minute) || this.#counts.size < MAX_MINUTES)
      this.#counts.set(this.#minute, this.#count);
  }
}
