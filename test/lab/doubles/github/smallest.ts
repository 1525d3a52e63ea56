import type { Description, Schema } from './description.ts';

const STRINGS: Readonly<Record<string, string>> = {
  uri: 'https://github.com/',
  'date-time': '2026-01-01T00:00:00Z',
  email: 'nobody@example.com',
};

/** The smallest value of a schema: every required field with a value of its type, null where that is allowed. */
export function smallest(description: Description, given: Schema): unknown {
  const schema = description.resolved<Schema>(given);
  const one = [schema['oneOf'], schema['anyOf']].find(Array.isArray) as Schema[] | undefined;
  if (one?.some(({ type }) => type === 'null')) return null;
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if (Array.isArray(schema['allOf'])) {
    const parts = schema['allOf'] as Schema[];
    return Object.assign({}, ...parts.map((part) => smallest(description, part)));
  }
  if (one?.[0] !== undefined && schema['properties'] === undefined) return smallest(description, one[0]);
  switch (schema['type']) {
    case 'string':
      return STRINGS[String(schema['format'])] ?? 'text';
    case 'integer':
    case 'number':
      return schema['minimum'] ?? 1;
    case 'boolean':
      return false;
    case 'array':
      return [];
    default:
      return smallestObject(description, schema);
  }
}

function smallestObject(description: Description, schema: Schema): unknown {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.fromEntries(required.map((name) => [name, smallest(description, properties[name] ?? {})]));
}
