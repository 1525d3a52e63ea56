import { freePort } from '../free-port.ts';
import type { KubeObject } from '../kubernetes.ts';
import type { ContainerSpec } from './pod.ts';

/**
 * All pods share 127.0.0.1, so a container that declares `ports` gets a free port for each of them: in its environment
 * as `PORT` (the first) and `PORT_<NAME>` (each named one, upper case), and in this annotation of the pod as JSON
 * `{"<container>": {"<containerPort>": <port>}}`. Probes that name a declared port reach the one it was given.
 */
export const PORTS_ANNOTATION = 'kubelet.lab/ports';

/** The ports of one container: declared number → the one it listens on. */
export type HostPorts = Readonly<Record<string, number>>;

/** Reserves a port for each declared one. */
export async function allocatePorts(container: ContainerSpec, taken: Set<number>): Promise<HostPorts> {
  const ports: Record<string, number> = {};
  for (const { containerPort } of container.ports ?? []) ports[String(containerPort)] = await freePort(taken);
  return ports;
}

/** `PORT` and `PORT_<NAME>`. */
export function portEnvironment(container: ContainerSpec, ports: HostPorts): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, containerPort } of container.ports ?? []) {
    const port = String(ports[String(containerPort)]);
    environment['PORT'] ??= port;
    if (name !== undefined) environment[`PORT_${name.toUpperCase().replaceAll('-', '_')}`] = port;
  }
  return environment;
}

/** The port behind a declared number or name; a number that is not declared is itself. */
export function resolvePort(container: ContainerSpec, ports: HostPorts, port: number | string): number {
  const declared = container.ports?.find(
    (candidate) => candidate.name === port || candidate.containerPort === Number(port),
  );
  return ports[String(declared?.containerPort)] ?? Number(port);
}

/** Where a container of a running pod listens; undefined before the kubelet has said so. */
export function hostPort(pod: KubeObject, container: string, containerPort: number): number | undefined {
  const text = pod.metadata.annotations?.[PORTS_ANNOTATION];
  if (text === undefined) return undefined;
  const all = JSON.parse(text) as Record<string, Record<string, number>>;
  return all[container]?.[String(containerPort)];
}

/** Where the containers of a running pod listen that declare a port of this name or number: what a Service's target leads to. */
export function targetPorts(
  pod: KubeObject,
  target: number | string,
): { readonly container: string; readonly port: number }[] {
  const { containers = [] } = (pod.spec ?? {}) as { containers?: readonly ContainerSpec[] };
  return containers.flatMap(({ name: container, ports = [] }) =>
    ports
      .filter((declared) => declared.name === target || declared.containerPort === target)
      .flatMap(({ containerPort }) => hostPort(pod, container, containerPort) ?? [])
      .map((port) => ({ container, port })),
  );
}
