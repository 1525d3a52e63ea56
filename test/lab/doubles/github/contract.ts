import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { RecordedRequest } from '../http-double.ts';

const FILE = join(import.meta.dirname, '../../../fixtures/github/openapi.json');

type Schema = Readonly<Record<string, unknown>>;
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Described {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content } | { readonly $ref: string }>>;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

/** One operation of GitHub's published description. */
export interface Operation {
  /** `POST /repos/{owner}/{repo}/issues`. */
  readonly route: string;
  readonly described: Described;
  /** The values of the path's parameters, decoded. */
  readonly values: Readonly<Record<string, string>>;
}

/** Holds requests and answers against GitHub's published OpenAPI. */
export class Contract {
  readonly #document: Document;
  readonly #ajv: Ajv;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor() {
    this.#document = withNull(JSON.parse(readFileSync(FILE, 'utf8'))) as Document;
    this.#ajv = new Ajv({ strict: false, coerceTypes: false, allErrors: false });
    addFormats.default(this.#ajv);
    this.#ajv.addFormat('repo.nwo', true);
    this.#ajv.addSchema(this.#document, 'github');
  }

  /** The operation of a request's path (without what an Enterprise Server has before it); undefined when there is none. */
  operation({ method, path }: { readonly method: string; readonly path: string }): Operation | undefined {
    for (const [template, methods] of Object.entries(this.#document.paths)) {
      const described = methods[method.toLowerCase()];
      const values = match(template, path);
      if (described !== undefined && values !== undefined) {
        return { route: `${method} ${template}`, described, values };
      }
    }
    return undefined;
  }

  /** What is wrong with a request; undefined when nothing is. */
  requestProblem(operation: Operation, { query, body }: RecordedRequest): string | undefined {
    const parameters = (operation.described.parameters ?? []).map((one) => this.#resolved<Parameter>(one));
    const known = new Map(parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]));
    for (const [name, text] of query) {
      const parameter = known.get(name);
      if (parameter === undefined) return `${operation.route}: ${name} is no parameter of it`;
      const problem = this.#problem(
        parameter.schema,
        typed(text, parameter.schema),
        `${operation.route}?${name}`,
      );
      if (problem !== undefined) return problem;
    }
    const schema = operation.described.requestBody?.content?.['application/json']?.schema;
    if (schema === undefined) return body === '' ? undefined : `${operation.route} takes no body`;
    return this.#problem(schema, JSON.parse(body), `${operation.route} body`);
  }

  /** What is wrong with an answer; undefined when nothing is. */
  answerProblem(operation: Operation, status: number, body: unknown): string | undefined {
    if (operation.described.responses[String(status)] === undefined) {
      return `${operation.route} never answers ${status}`;
    }
    const schema = this.#answerSchema(operation, status);
    return schema === undefined ? undefined : this.#problem(schema, body, `${operation.route} ${status}`);
  }

  /** The smallest answer that an operation may give: every required field with a value of its type. */
  smallest(operation: Operation, status: number): unknown {
    return this.#instance(this.#answerSchema(operation, status) ?? {});
  }

  /** The smallest item of a list that an operation answers. */
  smallestItem(operation: Operation, status: number): unknown {
    const { items } = this.#answerSchema(operation, status) as { readonly items?: Schema };
    return this.#instance(items ?? {});
  }

  #answerSchema({ described: { responses } }: Operation, status: number): Schema | undefined {
    const described = responses[String(status)];
    if (described === undefined) return undefined;
    const schema = this.#resolved<{ content?: Content }>(described).content?.['application/json']?.schema;
    return schema === undefined ? undefined : this.#resolved<Schema>(schema);
  }

  #instance(given: Schema): unknown {
    const schema = this.#resolved<Schema>(given);
    const one = [schema['oneOf'], schema['anyOf']].find(Array.isArray) as Schema[] | undefined;
    if (one?.some(({ type }) => type === 'null')) return null;
    if (Array.isArray(schema['enum'])) return schema['enum'][0];
    if (Array.isArray(schema['allOf'])) {
      return Object.assign({}, ...(schema['allOf'] as Schema[]).map((part) => this.#instance(part)));
    }
    if (one?.[0] !== undefined && schema['properties'] === undefined) return this.#instance(one[0]);
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
        return this.#object(schema);
    }
  }

  #object(schema: Schema): unknown {
    const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
    const required = (schema['required'] ?? []) as readonly string[];
    return Object.fromEntries(required.map((name) => [name, this.#instance(properties[name] ?? {})]));
  }

  #resolved<T>(value: unknown): T {
    const ref = (value as { readonly $ref?: unknown }).$ref;
    if (typeof ref !== 'string') return value as T;
    const path = ref.slice(2).split('/');
    const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], this.#document);
    return this.#resolved<T>(found);
  }

  #problem(schema: Schema, value: unknown, where: string): string | undefined {
    let validate = this.#validators.get(where);
    if (validate === undefined) {
      const absolute = JSON.parse(
        JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"github#/'),
      ) as Schema;
      validate = this.#ajv.compile(absolute);
      this.#validators.set(where, validate);
    }
    if (validate(value)) return undefined;
    const [error] = validate.errors ?? [];
    return `${where}: ${error?.instancePath ?? ''} ${error?.message ?? 'is not valid'}`;
  }
}

const STRINGS: Readonly<Record<string, string>> = {
  uri: 'https://github.com/',
  'date-time': '2026-01-01T00:00:00Z',
  email: 'nobody@example.com',
};

/** OpenAPI 3.0's `nullable` as JSON Schema says it. */
function withNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNull);
  if (value === null || typeof value !== 'object') return value;
  const { nullable, ...rest } = value as Record<string, unknown>;
  const schema = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, withNull(item)]));
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

/** The values of a template's parameters; a path's slashes within one are encoded. */
function match(template: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [template.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    if (part.startsWith('{')) values[part.slice(1, -1)] = decodeURIComponent(text);
    else if (part !== text) return undefined;
  }
  return values;
}

function typed(text: string, schema: Schema): unknown {
  return schema['type'] === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
}
