import { join } from 'node:path';
import { hostPort } from '../../test/lab/kubelet/host-ports.ts';
import type { LabClient } from '../../test/lab/lab-client.ts';
import { CONTAINER, CONTAINER_PORT, NAMESPACE } from './canaries.ts';
import { generateTraffic, type Target } from './traffic.ts';

const service = ['node', join(import.meta.dirname, 'service.ts')];

/** What the images of the shop run, and how its containers are restarted: soon, so that a crash loop is seen to be one. */
export const SHOP = {
  images: { 'shop:v1': service, 'shop:v2': service },
  backoff: { baseMs: 1_000, maxMs: 5_000 },
};

/** Where the analyses are, for a list. */
export const ANALYSES = `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${NAMESPACE}/canaryanalyses`;

/** Requests a second over all services; a canary pod gets as much as a stable one. */
export const REQUESTS_PER_SECOND = 120;

/** Traffic before the canaries are judged, so that there is something to compare with. */
export const WARM_UP_MS = 4_000;

/** After this long without verdicts something is broken. */
export const LIMIT_MS = 120_000;

/** Sends requests to every pod of the shop that listens, until the signal fires; says to how many at the moment. */
export function sendTraffic(client: LabClient, signal: AbortSignal): () => number {
  const targets = new Map<string, Target>();
  const follow = async (): Promise<void> => {
    for await (const { type, object } of client.watch(`/api/v1/namespaces/${NAMESPACE}/pods`, signal)) {
      if (type === 'BOOKMARK') continue;
      const port = hostPort(object, CONTAINER, CONTAINER_PORT);
      if (type === 'DELETED' || port === undefined) targets.delete(object.metadata.name);
      else targets.set(object.metadata.name, { url: `http://127.0.0.1:${port}`, weight: 1 });
    }
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  void generateTraffic(() => [...targets.values()], { perSecond: REQUESTS_PER_SECOND, signal });
  return () => targets.size;
}
