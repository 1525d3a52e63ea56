import { join } from 'node:path';

const service = ['node', join(import.meta.dirname, 'service.ts')];

/** The container of the shop, and the port it declares; the lab gives it a free one. */
export const CONTAINER = 'app';
export const CONTAINER_PORT = 8080;

/** What a container of the shop says of its port and of its readiness. */
export const SERVES = {
  ports: [{ name: 'http', containerPort: CONTAINER_PORT }],
  readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
};

/** What the images of the shop run, and how its containers are restarted: soon, so that a crash loop is seen to be one. */
export const SHOP = {
  images: { 'shop:v1': service, 'shop:v2': service },
  backoff: { baseMs: 1_000, maxMs: 5_000 },
};
