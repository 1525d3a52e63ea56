import type { Answer, RecordedRequest } from '../http-double.ts';
import { refusal } from './refusal.ts';

/** How much a token may ask, and what happens beyond (docs.github.com, "Rate limits for the REST API"). */
export interface RateLimitOptions {
  /** Requests in an hour: the primary limit; 5,000 when absent. */
  readonly perHour?: number;
  /** How long that hour is, seconds; 3,600 when absent. */
  readonly hourSeconds?: number;
  /** Writes in a minute: a secondary limit; 80 when absent. */
  readonly writesPerMinute?: number;
  /** How long that minute is, seconds; 60 when absent. */
  readonly minuteSeconds?: number;
}

/** Counts the requests of one token: what is left falls with each and is whole again after the reset. */
export class RateLimits {
  /** Requests that came although GitHub had asked to wait, and by how much: what a token is banned for. */
  readonly impatient: string[] = [];
  readonly #options: Required<RateLimitOptions>;
  readonly #now: () => number;
  #used = 0;
  #next: number | undefined;
  /** Epoch milliseconds. */
  #resetsAt = 0;
  #writes: readonly number[] = [];
  /** Until when GitHub has asked to wait, epoch milliseconds. */
  #quietUntil = 0;

  /** @param now epoch milliseconds */
  constructor(options: RateLimitOptions, now: () => number) {
    const defaults = { perHour: 5000, hourSeconds: 3600, writesPerMinute: 80, minuteSeconds: 60 };
    this.#options = { ...defaults, ...options };
    this.#now = now;
  }

  /** The next request begins an hour of which so many are used. */
  beginHour(used: number): void {
    this.#next = used;
  }

  /** Counts a request; the refusal where it was one too many. */
  count({ method, path }: Pick<RecordedRequest, 'method' | 'path'>): Answer | undefined {
    const { perHour, hourSeconds, writesPerMinute, minuteSeconds } = this.#options;
    const now = this.#now();
    if (now < this.#quietUntil) {
      this.impatient.push(`${method} ${path} ${(this.#quietUntil - now) / 1000} s too early`);
    }
    if (now >= this.#resetsAt || this.#next !== undefined) {
      this.#used = this.#next ?? 0;
      this.#next = undefined;
      this.#resetsAt = (Math.floor(now / 1000) + hourSeconds) * 1000;
    }
    if (this.#used >= perHour) {
      this.#quietUntil = this.#resetsAt;
      return refusal(403, 'API rate limit exceeded for user ID 1.');
    }
    this.#used += 1;
    if (method === 'GET') return undefined;
    this.#writes = this.#writes.filter((at) => at > now - minuteSeconds * 1000);
    const [oldest = now] = this.#writes;
    if (this.#writes.length < writesPerMinute) {
      this.#writes = [...this.#writes, now];
      return undefined;
    }
    const seconds = Math.ceil((oldest - now) / 1000) + minuteSeconds;
    this.#quietUntil = now + seconds * 1000;
    const message =
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
    return refusal(403, message, { 'retry-after': String(seconds) });
  }

  /** What every answer says of the primary limit. */
  headers(): Readonly<Record<string, string>> {
    const { perHour } = this.#options;
    return {
      'x-ratelimit-limit': String(perHour),
      'x-ratelimit-remaining': String(perHour - this.#used),
      'x-ratelimit-used': String(this.#used),
      'x-ratelimit-reset': String(this.#resetsAt / 1000),
      'x-ratelimit-resource': 'core',
    };
  }
}
