import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../../fixtures/github/openapi.json');

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

type Content = Readonly<Record<string, { readonly schema: Schema }>>;
type Referring<T> = T | { readonly $ref: string };

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}

interface Described {
  readonly parameters?: readonly Referring<Parameter>[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses: Readonly<Record<string, Referring<{ readonly content?: Content }>>>;
}

/** One operation of GitHub's published description. */
export interface Operation {
  /** `POST /repos/{owner}/{repo}/issues`. */
  readonly route: string;
  /** The values of the path's parameters, decoded. */
  readonly values: Readonly<Record<string, string>>;
  readonly described: Described;
}

/** GitHub's published OpenAPI, as far as `test/fixtures/github` keeps it. */
export class Description {
  /** All of it, as JSON Schema says what is nullable. */
  readonly document: Readonly<Record<string, unknown>>;

  constructor() {
    this.document = withNull(JSON.parse(readFileSync(FILE, 'utf8'))) as Readonly<Record<string, unknown>>;
  }

  /** The operation of a request's path (without what an Enterprise Server has before it); undefined when there is none. */
  operation({ method, path }: { readonly method: string; readonly path: string }): Operation | undefined {
    const paths = this.document['paths'] as Readonly<Record<string, Readonly<Record<string, Described>>>>;
    for (const [template, methods] of Object.entries(paths)) {
      const described = methods[method.toLowerCase()];
      const values = match(template, path);
      if (described !== undefined && values !== undefined) {
        return { route: `${method} ${template}`, described, values };
      }
    }
    return undefined;
  }

  /** The parameters of an operation's query. */
  query({ described }: Operation): readonly Parameter[] {
    const parameters = (described.parameters ?? []).map((one) => this.resolved<Parameter>(one));
    return parameters.filter((one) => one.in === 'query');
  }

  /** What an operation may be sent; undefined when it takes no body. */
  input({ described }: Operation): Schema | undefined {
    return described.requestBody?.content?.['application/json']?.schema;
  }

  /** Whether an operation is said to answer with a status. */
  knows({ described }: Operation, status: number): boolean {
    return described.responses[String(status)] !== undefined;
  }

  /** The form of an answer; undefined when it has no body, or none is described. */
  answer({ described }: Operation, status: number): Schema | undefined {
    const response = described.responses[String(status)];
    if (response === undefined) return undefined;
    const schema = this.resolved<{ content?: Content }>(response).content?.['application/json']?.schema;
    return schema === undefined ? undefined : this.resolved<Schema>(schema);
  }

  /** What a reference leads to; anything else is itself. */
  resolved<T>(value: unknown): T {
    const ref = (value as { readonly $ref?: unknown }).$ref;
    if (typeof ref !== 'string') return value as T;
    const path = ref.slice(2).split('/');
    const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], this.document);
    return this.resolved<T>(found);
  }
}

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
