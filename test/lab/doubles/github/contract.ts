import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { RecordedRequest } from '../http-double.ts';
import type { Description, Operation, Schema } from './description.ts';

/**
 * What any operation may answer, be it described there or not: without a valid token, without a right, for what the token
 * does not reach, to too many requests (docs.github.com, "Troubleshooting the REST API").
 */
const ANYWHERE: readonly number[] = [401, 403, 404, 429];
/** The form of a refusal that is not described where it comes. */
const REFUSAL: Schema = {
  allOf: [{ $ref: '#/components/schemas/basic-error' }, { required: ['message', 'documentation_url'] }],
};

/** Holds requests and answers against GitHub's published OpenAPI. */
export class Contract {
  readonly #description: Description;
  readonly #ajv: Ajv;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(description: Description) {
    this.#description = description;
    this.#ajv = new Ajv({ strict: false, coerceTypes: false, allErrors: false });
    addFormats.default(this.#ajv);
    this.#ajv.addFormat('repo.nwo', true);
    this.#ajv.addSchema(description.document, 'github');
  }

  /** What is wrong with a request; undefined when nothing is. */
  requestProblem(operation: Operation, { query, body }: RecordedRequest): string | undefined {
    const { route } = operation;
    const known = new Map(this.#description.query(operation).map((one) => [one.name, one]));
    for (const [name, text] of query) {
      const parameter = known.get(name);
      if (parameter === undefined) return `${route}: ${name} is no parameter of it`;
      const value = typed(text, parameter.schema);
      const problem = this.#problem(parameter.schema, value, `${route}?${name}`);
      if (problem !== undefined) return problem;
    }
    const schema = this.#description.input(operation);
    if (schema === undefined) return body === '' ? undefined : `${route} takes no body`;
    return this.#problem(schema, JSON.parse(body), `${route} body`);
  }

  /** What is wrong with an answer, a refusal included; undefined when nothing is. Of a 5xx only what is described is held against anything. */
  answerProblem(operation: Operation, status: number, body: unknown): string | undefined {
    const { route } = operation;
    if (this.#description.knows(operation, status)) {
      const schema = this.#description.answer(operation, status);
      return schema === undefined ? undefined : this.#problem(schema, body, `${route} ${status}`);
    }
    if (ANYWHERE.includes(status)) return this.#problem(REFUSAL, body, `refusal ${status} of ${route}`);
    return status >= 500 ? undefined : `${route} never answers ${status}`;
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

function typed(text: string, schema: Schema): unknown {
  return schema['type'] === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
}
