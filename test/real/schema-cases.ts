/** What the schema of a CustomResourceDefinition uses of OpenAPI. */
export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly oneOf?: readonly { readonly required: readonly string[] }[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** Where a field is; an item of a list stands at 0. */
export type Path = readonly (string | 0)[];

/** A field of an object. */
export interface Field {
  readonly path: Path;
  readonly schema: Schema;
}

/** A value that a bound refuses, and one at the bound where there is one. */
export interface Bound {
  readonly field: Path;
  readonly keyword: string;
  readonly within: readonly unknown[];
  readonly beyond: unknown;
  /** What the refusal says. */
  readonly says: string;
}

/** A field and everything below it. */
export function fieldsOf(schema: Schema, path: Path): Field[] {
  const properties = Object.entries(schema.properties ?? {});
  return [
    { path, schema },
    ...properties.flatMap(([name, property]) => fieldsOf(property, [...path, name])),
    ...(schema.items === undefined ? [] : fieldsOf(schema.items, [...path, 0])),
  ];
}

/** Whether a field has no fields of its own. */
export function isLeaf({ schema }: Field): boolean {
  return schema.properties === undefined && schema.items === undefined;
}

/** `spec.reviewers[0].gemini`, as the API server writes it. */
export function pathText(path: Path): string {
  return path.map((step, index) => (step === 0 ? '[0]' : index === 0 ? step : `.${step}`)).join('');
}

/** The smallest valid value; another number gives another value where the schema has several. */
export function sample(schema: Schema, number = 0): unknown {
  switch (schema.type) {
    case 'object': {
      const required = (schema.required ?? []).map((name) => [
        name,
        sample(propertyOf(schema, name), number),
      ]);
      return withAlternative(schema, Object.fromEntries(required));
    }
    case 'array':
      return items(schema, (schema.minItems ?? 0) + number);
    case 'integer':
      return (schema.minimum ?? 0) + number;
    case 'boolean':
      return number % 2 === 1;
    case 'string':
      return schema.enum === undefined
        ? sampleText(schema, number)
        : schema.enum[number % schema.enum.length];
  }
}

/** The smallest valid value of a schema that has `value` at a path below it; undefined leaves the field out. */
export function valueWith(schema: Schema, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (step === 0) return [valueWith(itemOf(schema), rest, value)];
  const others = sample({ ...schema, oneOf: [] }) as Record<string, unknown>;
  const { [step]: _replaced, ...kept } = others;
  const inner = valueWith(propertyOf(schema, step), rest, value);
  return withAlternative(schema, inner === undefined ? kept : { ...kept, [step]: inner });
}

/** The bounds of one field, and which fields it requires. */
export function boundsOf({ path, schema }: Field): Bound[] {
  const bounds: Bound[] = [];
  const add = (keyword: string, within: readonly unknown[], beyond: unknown, says: string, field = path) =>
    bounds.push({ field, keyword, within, beyond, says });
  const { type, minimum, maximum, minLength, maxLength, minItems, maxItems, pattern, format } = schema;
  const wrong = type === 'string' ? 1 : 'wrong';
  const wrongType = type === 'string' ? 'integer' : 'string';
  add(
    'type',
    [],
    wrong,
    format === 'date-time' ? 'must be of type ' : `must be of type ${type}: "${wrongType}"`,
  );
  if (schema.enum !== undefined) {
    const values = schema.enum.map((value) => JSON.stringify(value)).join(', ');
    add('enum', schema.enum, 'NoSuchValue', `Unsupported value: "NoSuchValue": supported values: ${values}`);
  }
  if (minimum !== undefined)
    add('minimum', [minimum], minimum - 1, `should be greater than or equal to ${minimum}`);
  if (maximum !== undefined)
    add('maximum', [maximum], maximum + 1, `should be less than or equal to ${maximum}`);
  if (minLength !== undefined)
    add('minLength', [textOf(schema, minLength)], '', `should be at least ${minLength} chars long`);
  if (maxLength !== undefined) {
    const beyond = textOf(schema, maxLength + 1);
    add(
      'maxLength',
      [textOf(schema, maxLength)],
      beyond,
      `Too long: may not be more than ${maxLength} bytes`,
    );
  }
  if (minItems !== undefined && minItems > 0) {
    const says = `should have at least ${minItems} items`;
    add('minItems', [items(schema, minItems)], items(schema, minItems - 1), says);
  }
  if (maxItems !== undefined) {
    const full = items(schema, maxItems);
    const says = `Too many: ${maxItems + 1}: must have at most ${maxItems} items`;
    add('maxItems', hasDistinctKeys(schema, full) ? [full] : [], items(schema, maxItems + 1), says);
  }
  if (pattern !== undefined) add('pattern', [sample(schema)], ' / ', `should match '${pattern}'`);
  if (format === 'date-time') add('format', [sample(schema)], 'yesterday', 'must be of type date-time');
  for (const name of schema.required ?? []) add('required', [], undefined, 'Required value', [...path, name]);
  return bounds;
}

function items(schema: Schema, count: number): unknown[] {
  return Array.from({ length: count }, (_, number) => sample(itemOf(schema), number));
}

/** Whether a list may hold all of these at once. */
function hasDistinctKeys(schema: Schema, values: readonly unknown[]): boolean {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined) return true;
  const identities = values.map((value) => JSON.stringify(keys.map((key) => Object(value)[key])));
  return new Set(identities).size === values.length;
}

function sampleText({ format, pattern = '' }: Schema, number: number): string {
  if (format === 'date-time') return new Date(Date.UTC(2026, 0, 1 + number)).toISOString();
  const examples = [`a${number}`, `F${number + 1}`, `https://example.com/${number}`];
  const example = examples.find((text) => new RegExp(pattern).test(text));
  if (example === undefined) throw new Error(`no example of ${pattern}: add one`);
  return example;
}

function textOf(schema: Schema, length: number): string {
  return sampleText(schema, 0).slice(0, length).padEnd(length, 'a');
}

function withAlternative(schema: Schema, value: Record<string, unknown>): Record<string, unknown> {
  const alternatives = (schema.oneOf ?? []).map(({ required }) => required);
  const [first] = alternatives;
  if (first === undefined || alternatives.some((names) => names.every((name) => name in value))) return value;
  return { ...value, ...Object.fromEntries(first.map((name) => [name, sample(propertyOf(schema, name))])) };
}

/** A property that has to be there. */
export function propertyOf(schema: Schema, name: string): Schema {
  const property = schema.properties?.[name];
  if (property === undefined) throw new Error(`the schema has no property ${name}`);
  return property;
}

/** The schema of a list's items. */
export function itemOf(schema: Schema): Schema {
  if (schema.items === undefined) throw new Error('the schema is no list');
  return schema.items;
}
