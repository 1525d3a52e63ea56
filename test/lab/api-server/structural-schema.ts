import { isObject, type JsonObject } from '../kubernetes.ts';

/**
 * Walks a value along its structural schema, sets defaults and drops what the schema does not know, unless
 * `x-kubernetes-preserve-unknown-fields` or `additionalProperties` keep it. `unknown` holds the paths of what went.
 */
export function pruneBySchema(value: unknown, schema: JsonObject): { value: unknown; unknown: string[] } {
  const unknown: string[] = [];
  return { value: walk(value, schema, '', unknown, true), unknown };
}

const OBJECT_FIELDS = ['apiVersion', 'kind', 'metadata'];

function walk(
  value: unknown,
  schema: JsonObject,
  path: string,
  unknown: string[],
  isResource: boolean,
): unknown {
  if (Array.isArray(value)) {
    const items = schema['items'];
    if (!isObject(items)) return value;
    return value.map((item, index) => walk(item, items, `${path}[${index}]`, unknown, embedded(items)));
  }
  if (!isObject(value)) return value;
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const additional = schema['additionalProperties'];
  const kept: JsonObject = {};
  for (const [name, field] of Object.entries(value)) {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    const property = properties[name];
    if (isResource && OBJECT_FIELDS.includes(name)) kept[name] = field;
    else if (isObject(property)) kept[name] = walk(field, property, fieldPath, unknown, embedded(property));
    else if (isObject(additional))
      kept[name] = walk(field, additional, fieldPath, unknown, embedded(additional));
    else if (additional === true || schema['x-kubernetes-preserve-unknown-fields'] === true)
      kept[name] = field;
    else unknown.push(fieldPath);
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property) || property['default'] === undefined) continue;
    const dropsNull = kept[name] === null && property['nullable'] !== true;
    if (kept[name] === undefined || dropsNull) {
      kept[name] = walk(structuredClone(property['default']), property, `${path}.${name}`, [], false);
    }
  }
  return kept;
}

function embedded(schema: JsonObject): boolean {
  return schema['x-kubernetes-embedded-resource'] === true;
}

/** Paths of items that a list of type `set` or `map` holds twice. */
export function duplicateItems(
  value: unknown,
  schema: JsonObject,
  path = '',
): { path: string; value: unknown }[] {
  if (Array.isArray(value)) {
    const items = isObject(schema['items']) ? schema['items'] : {};
    const inside = value.flatMap((item, index) => duplicateItems(item, items, `${path}[${index}]`));
    const identity = itemIdentity(schema);
    if (identity === undefined) return inside;
    const seen = new Set<string>();
    const twice = value.flatMap((item, index) => {
      const key = identity(item);
      if (seen.has(key)) return [{ path: `${path}[${index}]`, value: item }];
      seen.add(key);
      return [];
    });
    return [...twice, ...inside];
  }
  if (!isObject(value)) return [];
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const additional = isObject(schema['additionalProperties']) ? schema['additionalProperties'] : {};
  return Object.entries(value).flatMap(([name, field]) => {
    const property = properties[name] ?? additional;
    return isObject(property) ? duplicateItems(field, property, path === '' ? name : `${path}.${name}`) : [];
  });
}

/** What makes two items of a list the same one; undefined for an atomic list. */
export function itemIdentity(schema: JsonObject): ((item: unknown) => string) | undefined {
  if (schema['x-kubernetes-list-type'] === 'set') return (item) => JSON.stringify(item);
  if (schema['x-kubernetes-list-type'] !== 'map') return undefined;
  const keys = Array.isArray(schema['x-kubernetes-list-map-keys'])
    ? schema['x-kubernetes-list-map-keys'].map(String)
    : [];
  return (item) => JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
}
