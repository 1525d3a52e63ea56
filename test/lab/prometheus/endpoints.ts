import { labelSelector } from '../api-server/selectors.ts';
import { targetPorts } from '../kubelet/host-ports.ts';
import type { KubeObject } from '../kubernetes.ts';

/** One port of a Service on one of the pods that it selects. */
export interface Endpoint {
  readonly service: string;
  readonly pod: string;
  readonly container: string;
  /** The port's name. */
  readonly port: string;
  /** Where it really listens, `127.0.0.1:PORT`. */
  readonly address: string;
}

/**
 * What the endpoint slices of the Services would say, the pods that are not ready included. The lab has none: all its pods
 * share 127.0.0.1, which no EndpointSlice takes for an address.
 */
export function endpointsOf(services: readonly KubeObject[], pods: readonly KubeObject[]): Endpoint[] {
  return services.flatMap(({ metadata: { name: service }, spec }) => {
    const { selector, ports = [] } = (spec ?? {}) as ServiceSpec;
    if (selector === undefined) return [];
    const selects = labelSelector(asText(selector));
    return pods.filter(selects).flatMap((pod) => ports.flatMap((port) => onPod(service, port, pod)));
  });
}

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly ServicePort[];
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
}

/** A selector of equal labels in kubectl's syntax. */
export function asText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

function onPod(
  service: string,
  { name = '', port, targetPort = port }: ServicePort,
  pod: KubeObject,
): Endpoint[] {
  return targetPorts(pod, targetPort).map(({ container, port: number }) => ({
    service,
    pod: pod.metadata.name,
    container,
    port: name,
    address: `127.0.0.1:${number}`,
  }));
}
