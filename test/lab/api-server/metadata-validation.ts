import type { ObjectMeta } from '../kubernetes.ts';
import type { StatusCause } from './status.ts';

const DNS_1123_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED_NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const MAX_NAME = 253;
const MAX_LABEL = 63;
const MAX_ANNOTATIONS = 256 * 1024;

/** Every fault of an object's metadata (apimachinery, `ValidateObjectMeta`). */
export function metadataCauses(metadata: ObjectMeta): StatusCause[] {
  return [
    ...nameCauses(metadata.name),
    ...Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => labelCauses(key, value)),
    ...annotationCauses(metadata.annotations ?? {}),
    ...ownerCauses(metadata.ownerReferences ?? []),
  ];
}

function nameCauses(name: string): StatusCause[] {
  if (name.length > MAX_NAME) return [cause('metadata.name', name, `must be no more than ${MAX_NAME} bytes`)];
  if (DNS_1123_SUBDOMAIN.test(name)) return [];
  return [
    cause(
      'metadata.name',
      name,
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end ` +
        `with an alphanumeric character (e.g. 'example.com', regex used for validation is ` +
        `'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ),
  ];
}

function labelCauses(key: string, value: unknown): StatusCause[] {
  const text = String(value);
  const causes = keyCauses('metadata.labels', key);
  if (text.length > MAX_LABEL)
    causes.push(cause('metadata.labels', text, `must be no more than ${MAX_LABEL} bytes`));
  if (text !== '' && !QUALIFIED_NAME_PART.test(text)) {
    causes.push(
      cause(
        'metadata.labels',
        text,
        `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end ` +
          `with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is ` +
          `'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      ),
    );
  }
  return causes;
}

function annotationCauses(annotations: Readonly<Record<string, string>>): StatusCause[] {
  const causes = Object.keys(annotations).flatMap((key) =>
    keyCauses('metadata.annotations', key.toLowerCase()),
  );
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(value),
    0,
  );
  if (size <= MAX_ANNOTATIONS) return causes;
  const message = `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`;
  return [...causes, { reason: 'FieldValueTooLong', field: 'metadata.annotations', message }];
}

function keyCauses(field: string, key: string): StatusCause[] {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  const isPrefixValid =
    prefix === undefined || (prefix.length <= MAX_NAME && DNS_1123_SUBDOMAIN.test(prefix));
  if (more.length === 0 && isPrefixValid && name.length <= MAX_LABEL && QUALIFIED_NAME_PART.test(name))
    return [];
  return [
    cause(
      field,
      key,
      `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric ` +
        `character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ` +
        `'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ),
  ];
}

function ownerCauses(owners: NonNullable<ObjectMeta['ownerReferences']>): StatusCause[] {
  const causes = owners.flatMap((owner, index) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((field) => !owner[field])
      .map((field) => {
        const path = `metadata.ownerReferences[${index}].${field}`;
        return cause(path, '', 'must not be empty');
      }),
  );
  const controllers = owners.filter((owner) => owner.controller === true);
  if (controllers.length < 2) return causes;
  const message = 'Only one reference can have Controller set to true';
  return [...causes, cause('metadata.ownerReferences', JSON.stringify(owners), message)];
}

function cause(field: string, value: string, detail: string): StatusCause {
  return {
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
  };
}
