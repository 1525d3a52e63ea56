import type { ContainerKind, Side } from '../model.ts';
import type { ContainerSpec, PodSpec } from './pod-object.ts';

/** Names under which meshes, gateways and platforms inject a container beside the application's own. */
const PROXY_NAMES = new Set([
  'istio-proxy',
  'linkerd-proxy',
  'envoy',
  'envoy-proxy',
  'envoy-sidecar',
  'consul-dataplane',
  'consul-connect-envoy-sidecar',
  'kuma-sidecar',
  'nginx-mesh-sidecar',
  'traefik-mesh-proxy',
  'queue-proxy',
  'daprd',
  'oauth2-proxy',
  'cloud-sql-proxy',
  'cloudsql-proxy',
  'vault-agent',
  'jaeger-agent',
  'aws-otel-collector',
  'otc-container',
]);

/** Last path elements of the images such containers run, for those that are named otherwise. */
const PROXY_IMAGES = new Set([
  'proxyv2',
  'envoy',
  'envoyproxy',
  'aws-appmesh-envoy',
  'consul-dataplane',
  'kuma-dp',
  'daprd',
  'oauth2-proxy',
  'cloud-sql-proxy',
  'gce-proxy',
]);

/** True for a container that a service mesh or platform adds: its log is not the application's. */
export function isKnownProxy(container: { readonly name: string; readonly image?: string }): boolean {
  if (PROXY_NAMES.has(container.name)) return true;
  const image = container.image ?? '';
  const path = image.slice(image.lastIndexOf('/') + 1);
  const name = path.split(/[:@]/, 1)[0] ?? '';
  // Linkerd's proxy image is `…/linkerd/proxy`.
  return PROXY_IMAGES.has(name) || /(^|\/)linkerd\/proxy[:@]/.test(image);
}

/**
 * What a container is to its pod: an init container with `restartPolicy: Always` runs beside the application and is a
 * `sidecar`, as is a known proxy; a proxy's own start-up container stays `init`.
 */
export function containerKind(container: ContainerSpec, declaredAs: 'app' | 'init'): ContainerKind {
  if (declaredAs === 'init') return container.restartPolicy === 'Always' ? 'sidecar' : 'init';
  return isKnownProxy(container) ? 'sidecar' : 'app';
}

/** One container of a pod and what it is to it. */
export interface KnownContainer {
  readonly spec: ContainerSpec;
  readonly kind: ContainerKind;
}

/** Every container of a pod, init containers first, ephemeral ones left out: they are people's, for debugging. */
export function podContainers(spec: PodSpec | undefined): KnownContainer[] {
  return [
    ...(spec?.initContainers ?? []).map((c) => ({ spec: c, kind: containerKind(c, 'init') })),
    ...(spec?.containers ?? []).map((c) => ({ spec: c, kind: containerKind(c, 'app') })),
  ];
}

/** The containers whose logs are compared, and the known proxies beside them whose logs are not. */
export interface Apart {
  readonly own: readonly KnownContainer[];
  readonly proxies: readonly KnownContainer[];
}

/** A proxy logs the application's every request once more; where there is nothing beside it, it is the application. */
export function withoutProxies(containers: readonly KnownContainer[]): Apart {
  const proxies = containers.filter(({ spec }) => isKnownProxy(spec));
  const own = containers.filter((container) => !proxies.includes(container));
  return own.some(({ kind }) => kind !== 'init') ? { own, proxies } : { own: containers, proxies: [] };
}

/** The gap that proxies left out are. */
export function proxiesLeftOut(side: Side, names: Iterable<string>): string {
  return `${side}: the logs of proxies are not the application's and were not compared (${[...names].join(', ')})`;
}
