import type { KubeObject } from '../kubernetes.ts';
import { expand } from './images.ts';
import type { ContainerSpec, EnvVar, KeyReference, Pod } from './pod.ts';

/** A container that cannot be configured: the kubelet shows it as CreateContainerConfigError and tries again. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** Reads a ConfigMap or Secret of the pod's namespace; undefined when it is not there. */
export type ReadConfig = (kind: 'configmap' | 'secret', name: string) => Promise<KubeObject | undefined>;

/** The pod's address on every node of the lab. */
export const POD_IP = '127.0.0.1';

/**
 * The environment that a container's spec asks for, over `base`: `envFrom`, then `env` in order with `$(NAME)` expanded.
 * Throws a {@link ContainerConfigError} for a missing ConfigMap, Secret or key that is not optional.
 */
export async function containerEnvironment(
  pod: Pod,
  container: ContainerSpec,
  base: Readonly<Record<string, string>>,
  read: ReadConfig,
): Promise<Record<string, string>> {
  const environment: Record<string, string> = { ...base };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const kind = configMapRef === undefined ? 'secret' : 'configmap';
    const source = configMapRef ?? secretRef;
    if (source === undefined) continue;
    const data = await readData(read, kind, source.name, source.optional === true);
    for (const [key, value] of Object.entries(data ?? {})) environment[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(pod, variable, environment, read);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

async function variableValue(
  pod: Pod,
  { name, value, valueFrom }: EnvVar,
  environment: Readonly<Record<string, string>>,
  read: ReadConfig,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value ?? '', environment);
  const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldValue(pod, fieldRef.fieldPath);
  if (configMapKeyRef !== undefined) return keyValue(read, 'configmap', configMapKeyRef);
  if (secretKeyRef !== undefined) return keyValue(read, 'secret', secretKeyRef);
  throw new ContainerConfigError(`env ${name}: this source is not supported`);
}

async function keyValue(
  read: ReadConfig,
  kind: 'configmap' | 'secret',
  ref: KeyReference,
): Promise<string | undefined> {
  const data = await readData(read, kind, ref.name, ref.optional === true);
  const value = data?.[ref.key];
  if (value !== undefined || ref.optional === true) return value;
  const title = kind === 'configmap' ? 'ConfigMap' : 'Secret';
  throw new ContainerConfigError(`couldn't find key ${ref.key} in ${title} ${ref.name}`);
}

async function readData(
  read: ReadConfig,
  kind: 'configmap' | 'secret',
  name: string,
  optional: boolean,
): Promise<Record<string, string> | undefined> {
  const object = await read(kind, name);
  if (object === undefined) {
    if (optional) return undefined;
    throw new ContainerConfigError(`${kind} "${name}" not found`);
  }
  const data = (object['data'] ?? {}) as Record<string, string>;
  if (kind === 'configmap') return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

function fieldValue(pod: Pod, path: string): string {
  const { metadata, spec } = pod;
  const mapKey = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (mapKey !== null) {
    const [, map, key = ''] = mapKey;
    return (map === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
  }
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.podIP': POD_IP,
    'status.hostIP': POD_IP,
  };
  const value = fields[path];
  if (value === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${path}`);
  return value;
}
