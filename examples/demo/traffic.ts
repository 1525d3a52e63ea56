import { randomInt } from 'node:crypto';
import { get } from 'node:http';

/** Where to send requests, and what share of the traffic it gets. */
export interface Target {
  readonly url: string;
  readonly weight: number;
}

/**
 * Sends about `perSecond` requests a second to whatever `targets` returns at that moment, spread by weight,
 * until the signal fires. Answers and refusals are both fine: the service's own log tells what happened.
 * @returns how many requests were answered.
 */
export async function generateTraffic(
  targets: () => readonly Target[],
  options: { perSecond: number; signal: AbortSignal },
): Promise<number> {
  let answered = 0;
  let number = 0;
  const { promise, resolve } = Promise.withResolvers<number>();
  const timer = setInterval(() => {
    number += 1;
    const target = pick(targets());
    if (target === undefined) return;
    const path = number % 4 === 0 ? '/products' : `/orders/${randomInt(1_000, 10_000)}`;
    get(`${target.url}${path}`, { signal: options.signal }, (response) => {
      answered += 1;
      response.resume();
    }).on('error', () => undefined);
  }, 1000 / options.perSecond);
  const stop = (): void => {
    clearInterval(timer);
    resolve(answered);
  };
  if (options.signal.aborted) stop();
  else options.signal.addEventListener('abort', stop, { once: true });
  return promise;
}

/** One target at random, each with its share. */
function pick(targets: readonly Target[]): Target | undefined {
  const total = targets.reduce((sum, target) => sum + target.weight, 0);
  let rest = Math.random() * total;
  for (const target of targets) {
    rest -= target.weight;
    if (rest < 0) return target;
  }
  return undefined;
}
