import type { ErrorObject } from 'ajv';
import type { StatusCause } from './status.ts';

/** The words of kube-apiserver for one violation that ajv found; undefined for ajv's own summaries. */
export function causeOf(error: ErrorObject): StatusCause | undefined {
  const field = fieldPath(error.instancePath);
  const shown = JSON.stringify(error.data);
  const invalid = (detail: string): StatusCause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown}: ${field} in body ${detail}`,
    field,
  });
  const limit = error.params['limit'];
  switch (error.keyword) {
    case 'required':
      return {
        reason: 'FieldValueRequired',
        message: 'Required value',
        field: joined(field, error.params['missingProperty']),
      };
    case 'type': {
      const named = JSON.stringify(typeName(error.data));
      return {
        reason: 'FieldValueTypeInvalid',
        message: `Invalid value: ${named}: ${field} in body must be of type ${[error.params['type']].flat().join(',')}: ${named}`,
        field,
      };
    }
    case 'enum': {
      const allowed: unknown[] = error.params['allowedValues'];
      const list = allowed.map((value) => JSON.stringify(value)).join(', ');
      return {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${shown}: supported values: ${list}`,
        field,
      };
    }
    case 'maxLength':
      return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${limit} bytes`, field };
    case 'maxItems':
      return tooMany(field, Array.isArray(error.data) ? error.data.length : 0, limit);
    case 'maxProperties':
      return tooMany(field, Object.keys(Object(error.data)).length, limit);
    case 'minLength':
      return invalid(`should be at least ${limit} chars long`);
    case 'minItems':
      return invalid(`should have at least ${limit} items`);
    case 'minProperties':
      return invalid(`should have at least ${limit} properties`);
    case 'minimum':
      return invalid(`should be greater than or equal to ${limit}`);
    case 'maximum':
      return invalid(`should be less than or equal to ${limit}`);
    case 'exclusiveMinimum':
      return invalid(`should be greater than ${limit}`);
    case 'exclusiveMaximum':
      return invalid(`should be less than ${limit}`);
    case 'multipleOf':
      return invalid(`should be a multiple of ${error.params['multipleOf']}`);
    case 'pattern':
      return invalid(`should match '${error.params['pattern']}'`);
    case 'format':
      return invalid(`must be of type ${error.params['format']}: ${shown}`);
    case 'oneOf':
      return combination(field, 'must validate one and only one schema (oneOf)');
    case 'anyOf':
      return combination(field, 'must validate at least one schema (anyOf)');
    case 'allOf':
      return combination(field, 'must validate all the schemas (allOf)');
    case 'not':
      return combination(field, 'must not validate the schema (not)');
    default:
      return invalid(error.message ?? `violates ${error.keyword}`);
  }
}

/** `/spec/reviewers/0/model` → `spec.reviewers[0].model`. */
export function fieldPath(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : joined(path, step)), '');
}

function joined(path: string, step: string): string {
  return path === '' ? step : `${path}.${step}`;
}

function tooMany(field: string, actual: number, limit: unknown): StatusCause {
  return {
    reason: 'FieldValueTooMany',
    message: `Too many: ${actual}: must have at most ${limit} items`,
    field,
  };
}

function combination(field: string, detail: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: "": "${field}" ${detail}`, field: '<nil>' };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
