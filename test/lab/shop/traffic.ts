import { randomInt } from 'node:crypto';
import { get } from 'node:http';
import { Informer } from '../informer.ts';
import { hostPort } from '../kubelet/host-ports.ts';
import type { LabClient } from '../lab-client.ts';
import { CONTAINER, CONTAINER_PORT } from './shop.ts';

/**
 * Sends about `perSecond` requests a second to all pods of a namespace that listen, a canary's as often as a stable one's,
 * until the signal fires. `container` is the one that listens.
 * @returns to how many pods at the moment.
 */
export function sendTraffic(
  client: LabClient,
  namespace: string,
  {
    perSecond,
    signal,
    container = CONTAINER,
  }: { perSecond: number; signal: AbortSignal; container?: string },
): () => number {
  const targets = new Map<string, Target>();
  const pods = new Informer(client, `/api/v1/namespaces/${namespace}/pods`, {
    onChange: (pod) => {
      const port = hostPort(pod, container, CONTAINER_PORT);
      if (port === undefined) targets.delete(pod.metadata.name);
      else targets.set(pod.metadata.name, { url: `http://127.0.0.1:${port}`, weight: 1 });
    },
    onDelete: ({ metadata }) => void targets.delete(metadata.name),
  });
  void pods.run(signal);
  void generateTraffic(() => [...targets.values()], { perSecond, signal });
  return () => targets.size;
}

/** Where to send requests, and what share of the traffic it gets. */
interface Target {
  readonly url: string;
  readonly weight: number;
}

/**
 * Sends about `perSecond` requests a second to whatever `targets` returns at that moment, spread by weight,
 * until the signal fires. Answers and refusals are both fine: the service's own log tells what happened.
 * @returns how many requests were answered.
 */
async function generateTraffic(
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
