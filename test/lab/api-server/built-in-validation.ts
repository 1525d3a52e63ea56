import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject, type KubeObject } from '../kubernetes.ts';
import type { ResourceType } from './resource-type.ts';
import type { StatusCause } from './status.ts';

const MAX_CONFIG_BYTES = 1024 * 1024;
const MICRO_TIME = '2006-01-02T15:04:05.000000Z07:00';
const MICRO_TIME_FIELDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Lease: [
    ['spec', 'acquireTime'],
    ['spec', 'renewTime'],
  ],
  Event: [['eventTime']],
};

/** Why an object does not decode: a MicroTime needs exactly six fraction digits. Undefined when nothing is wrong. */
export function badlyTypedTime(type: ResourceType, object: KubeObject): string | undefined {
  if (type.custom) return undefined;
  for (const path of MICRO_TIME_FIELDS[type.kind] ?? []) {
    const value = at(object, ...path);
    if (value === undefined || value === null) continue;
    const text = String(value);
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(text)) continue;
    const rest = text.slice(19);
    return `parsing time ${JSON.stringify(text)} as "${MICRO_TIME}": cannot parse ${JSON.stringify(rest)} as ".000000"`;
  }
  return undefined;
}

/** The faults of a built-in object that its users are likely to make; far from all that a real API server looks for. */
export function builtInCauses(type: ResourceType, object: KubeObject): StatusCause[] {
  switch (type.kind) {
    case 'Event':
      return eventCauses(object);
    case 'ConfigMap':
    case 'Secret':
      return configCauses(object);
    case 'Pod':
      return podSpecCauses(object.spec, 'spec');
    case 'ReplicaSet':
    case 'Deployment':
      return templateCauses(object);
    default:
      return [];
  }
}

function eventCauses(event: KubeObject): StatusCause[] {
  const namespace = at(event, 'involvedObject', 'namespace') ?? '';
  const expected = namespace === '' ? 'default' : namespace;
  if (expected === event.metadata.namespace) return [];
  const message = `Invalid value: ${JSON.stringify(namespace)}: does not match event.namespace`;
  return [{ reason: 'FieldValueInvalid', field: 'involvedObject.namespace', message }];
}

function configCauses(object: KubeObject): StatusCause[] {
  const sizes = [object['data'], object['binaryData']].flatMap((part) =>
    isObject(part) ? Object.values(part) : [],
  );
  if (sizes.reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), 0) <= MAX_CONFIG_BYTES)
    return [];
  const message = `Too long: may not be more than ${MAX_CONFIG_BYTES} bytes`;
  return [{ reason: 'FieldValueTooLong', field: '[]', message }];
}

function podSpecCauses(spec: unknown, path: string): StatusCause[] {
  const containers = at(spec, 'containers');
  if (!Array.isArray(containers) || containers.length === 0) return [required(`${path}.containers`)];
  return containers.flatMap((container, index) =>
    ['name', 'image']
      .filter((field) => !at(container, field))
      .map((field) => required(`${path}.containers[${index}].${field}`)),
  );
}

function templateCauses(object: KubeObject): StatusCause[] {
  const wanted = at(object.spec, 'selector', 'matchLabels');
  const labels = at(object.spec, 'template', 'metadata', 'labels');
  const pod = podSpecCauses(at(object.spec, 'template', 'spec'), 'spec.template.spec');
  if (!isObject(at(object.spec, 'selector'))) return [required('spec.selector'), ...pod];
  if (isObject(wanted) && !contains(labels, wanted)) {
    const message = `Invalid value: ${JSON.stringify(labels ?? null)}: \`selector\` does not match template \`labels\``;
    return [{ reason: 'FieldValueInvalid', field: 'spec.template.metadata.labels', message }, ...pod];
  }
  return pod;
}

function contains(labels: unknown, wanted: JsonObject): boolean {
  return (
    isObject(labels) && Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(labels[key], value))
  );
}

function required(field: string): StatusCause {
  return { reason: 'FieldValueRequired', field, message: 'Required value' };
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((current, step) => (isObject(current) ? current[step] : undefined), value);
}
