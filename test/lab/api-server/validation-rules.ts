import { isDeepStrictEqual } from 'node:util';
import { type CelInput, celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { isObject, type JsonObject } from '../kubernetes.ts';
import type { StatusCause } from './status.ts';
import { itemIdentity } from './structural-schema.ts';

type Evaluate = (bindings: Record<string, CelInput>) => unknown;

interface Rule {
  readonly text: string;
  readonly isTransition: boolean;
  readonly evaluate: Evaluate;
  readonly message: (bindings: Record<string, CelInput>) => string;
  readonly reason: string;
  readonly fieldPath: string;
  readonly optionalOldSelf: boolean;
}

/** Checks an object against every `x-kubernetes-validations` rule of its schema. */
export type CheckRules = (value: unknown, old: unknown) => StatusCause[];

/**
 * Compiles the CEL rules of a schema. A rule that names `oldSelf` is checked only where there is an old value to compare
 * with; list items are compared by their map keys. Optional syntax (`?.`, `optional.of`) and the Kubernetes libraries for
 * quantities, URLs and regular expressions are not there. Throws where a rule does not parse.
 */
export function compileRules(schema: JsonObject): CheckRules {
  const environment = celEnv({ funcs: strings });
  const rulesOf = new Map<JsonObject, Rule[]>();
  const compileInto = (node: JsonObject): void => {
    const rules = node['x-kubernetes-validations'];
    if (Array.isArray(rules)) {
      const compile = (expression: string): Evaluate => plan(environment, parse(expression));
      rulesOf.set(
        node,
        rules.filter(isObject).map((rule) => compileRule(rule, compile)),
      );
    }
    for (const child of childSchemas(node)) compileInto(child);
  };
  compileInto(schema);
  return (value, old) => check(value, old, schema, '', rulesOf);
}

function compileRule(rule: JsonObject, compile: (expression: string) => Evaluate): Rule {
  const text = String(rule['rule']);
  const fixed = rule['message'] === undefined ? `failed rule: ${text.trim()}` : String(rule['message']);
  const expression = rule['messageExpression'];
  const computed = typeof expression === 'string' ? compile(expression) : undefined;
  return {
    text,
    isTransition: /\boldSelf\b/.test(text),
    evaluate: compile(text),
    message: (bindings) => {
      const result = computed?.(bindings);
      return typeof result === 'string' && result.trim() !== '' ? result : fixed;
    },
    reason: String(rule['reason'] ?? 'FieldValueInvalid'),
    fieldPath: String(rule['fieldPath'] ?? ''),
    optionalOldSelf: rule['optionalOldSelf'] === true,
  };
}

function check(
  value: unknown,
  old: unknown,
  schema: JsonObject,
  path: string,
  rulesOf: ReadonlyMap<JsonObject, readonly Rule[]>,
): StatusCause[] {
  if (value === undefined || value === null) return [];
  const causes = (rulesOf.get(schema) ?? []).flatMap((rule) => violation(rule, value, old, schema, path));
  return [...causes, ...children(value, old, schema, path).flatMap((child) => check(...child, rulesOf))];
}

function violation(
  rule: Rule,
  value: unknown,
  old: unknown,
  schema: JsonObject,
  path: string,
): StatusCause[] {
  if (rule.isTransition && old === undefined) return [];
  if (!rule.isTransition && old !== undefined && isDeepStrictEqual(value, old)) return [];
  const bindings = {
    self: toCel(value, schema),
    ...(old === undefined ? {} : { oldSelf: toCel(old, schema) }),
  };
  const result = rule.evaluate(bindings);
  if (result === true) return [];
  const type = String(schema['type'] ?? 'object');
  const field = `${path}${rule.fieldPath}`.replace(/^\./, '');
  const detail = isCelError(result)
    ? `rule evaluation error: ${result.message} (rule: ${rule.text.trim()})`
    : rule.message(bindings);
  return [
    {
      reason: rule.reason,
      message: `Invalid value: "${type}": ${detail}`,
      field: field === '' ? '<nil>' : field,
    },
  ];
}

type Child = [value: unknown, old: unknown, schema: JsonObject, path: string];

function children(value: unknown, old: unknown, schema: JsonObject, path: string): Child[] {
  if (Array.isArray(value)) {
    const items = schema['items'];
    if (!isObject(items)) return [];
    const identity = schema['x-kubernetes-list-type'] === 'map' ? itemIdentity(schema) : undefined;
    const oldItems = Array.isArray(old) && identity !== undefined ? old : [];
    return value.map((item, index): Child => {
      const before = oldItems.find((candidate) => identity?.(candidate) === identity?.(item));
      return [item, before, items, `${path}[${index}]`];
    });
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, field]): Child[] => {
    const property = propertySchema(schema, name);
    return property === undefined
      ? []
      : [[field, isObject(old) ? old[name] : undefined, property, path === '' ? name : `${path}.${name}`]];
  });
}

function propertySchema(schema: JsonObject, name: string): JsonObject | undefined {
  const properties = schema['properties'];
  const property =
    isObject(properties) && isObject(properties[name]) ? properties[name] : schema['additionalProperties'];
  return isObject(property) ? property : undefined;
}

function childSchemas(schema: JsonObject): JsonObject[] {
  const properties = isObject(schema['properties']) ? Object.values(schema['properties']) : [];
  return [...properties, schema['items'], schema['additionalProperties']].filter(isObject);
}

function toCel(value: unknown, schema: JsonObject | undefined): CelInput {
  if (Array.isArray(value)) {
    const items = isObject(schema?.['items']) ? schema['items'] : undefined;
    return value.map((item) => toCel(item, items));
  }
  if (isObject(value)) {
    const fields = Object.entries(value).filter(([, field]) => field !== null);
    return new Map(
      fields.map(([name, field]) => [name, toCel(field, schema && propertySchema(schema, name))]),
    );
  }
  if (typeof value === 'number') {
    const isInteger = schema?.['type'] === undefined ? Number.isInteger(value) : schema['type'] === 'integer';
    return isInteger ? BigInt(Math.trunc(value)) : value;
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}
