import { isDeepStrictEqual } from 'node:util';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { isObject, type JsonObject, type KubeObject } from '../kubernetes.ts';
import type { ObjectSchema } from './resource-type.ts';
import { causeOf } from './schema-errors.ts';
import type { StatusCause } from './status.ts';
import { duplicateItems, pruneBySchema } from './structural-schema.ts';
import { compileRules } from './validation-rules.ts';

/** Puts the `openAPIV3Schema` of a CustomResourceDefinition to work. Throws where the schema or a rule does not compile. */
export function compileObjectSchema(openAPIV3Schema: JsonObject): ObjectSchema {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, validateFormats: true });
  addFormats.default(ajv);
  const structure = ajv.compile(toJsonSchema(openAPIV3Schema));
  const checkRules = compileRules(openAPIV3Schema);
  return {
    openAPIV3Schema,
    prune: (object) => {
      const { value, unknown } = pruneBySchema(object, openAPIV3Schema);
      return { object: value as KubeObject, unknown };
    },
    validate: (object, old) => {
      const causes = structuralCauses(structure, object, old, openAPIV3Schema);
      return causes.length > 0 ? causes : checkRules(object, old);
    },
  };
}

function structuralCauses(
  validate: ValidateFunction,
  object: KubeObject,
  old: KubeObject | undefined,
  schema: JsonObject,
): StatusCause[] {
  const errors = validate(object) ? [] : (validate.errors ?? []);
  const unchanged = (error: ErrorObject) =>
    old !== undefined &&
    isDeepStrictEqual(atPointer(object, error.instancePath), atPointer(old, error.instancePath));
  const alternatives = /\/(oneOf|anyOf|not)\/\d/;
  const causes = errors
    .filter((error) => !unchanged(error) && !alternatives.test(error.schemaPath))
    .map(causeOf)
    .filter((cause) => cause !== undefined);
  const twice = duplicateItems(object, schema).map(
    ({ path, value }): StatusCause => ({
      reason: 'FieldValueDuplicate',
      message: `Duplicate value: ${JSON.stringify(value)}`,
      field: path,
    }),
  );
  return [...causes, ...twice];
}

/** OpenAPI v3.0 differs from JSON Schema in `nullable`, boolean exclusive limits and Kubernetes' own extensions. */
function toJsonSchema(schema: JsonObject): JsonObject {
  const converted: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (
      keyword.startsWith('x-kubernetes-') ||
      keyword === 'default' ||
      keyword === 'nullable' ||
      keyword === 'example'
    )
      continue;
    if (keyword === 'properties' && isObject(value)) {
      const properties = Object.entries(value).filter(([, property]) => isObject(property));
      converted[keyword] = Object.fromEntries(
        properties.map(([name, property]) => [name, toJsonSchema(property as JsonObject)]),
      );
    } else if (Array.isArray(value) && ['oneOf', 'anyOf', 'allOf'].includes(keyword)) {
      converted[keyword] = value.filter(isObject).map(toJsonSchema);
    } else if (isObject(value) && ['items', 'additionalProperties', 'not'].includes(keyword)) {
      converted[keyword] = toJsonSchema(value);
    } else converted[keyword] = value;
  }
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (converted[exclusive] === true) {
      converted[exclusive] = converted[limit];
      delete converted[limit];
    } else if (converted[exclusive] === false) delete converted[exclusive];
  }
  if (schema['x-kubernetes-int-or-string'] === true) converted['type'] = ['integer', 'string'];
  if (schema['nullable'] === true && converted['type'] !== undefined) {
    converted['type'] = [converted['type'], 'null'].flat();
    if (Array.isArray(converted['enum'])) converted['enum'] = [...converted['enum'], null];
  }
  return converted;
}

function atPointer(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((current, step) => (current as Record<string, unknown> | undefined)?.[step], value);
}
