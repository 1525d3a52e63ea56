import { knownFields, nearestName } from './fields.ts';

/** What a generated validator says is wrong: the part of ajv's ErrorObject that is read here. */
export interface Violation {
  /** JSON pointer to the value. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A generated validator. */
export interface Validate {
  (value: unknown): boolean;
  errors?: readonly Violation[] | null;
}

/** The configuration field that a place of the spec was filled from, by JSON pointer; a place not listed is named as it is. */
export type Origins = ReadonlyMap<string, string>;

/**
 * Checks a value against its schema after reading strings as numbers and booleans where those are asked for
 * (template arguments arrive as strings); changes the value in place.
 * Returns what is wrong as a sentence that names the field, or undefined.
 */
export function checkAndCoerce(value: object, validate: Validate, origins: Origins): string | undefined {
  while (!validate(value)) {
    const violations = validate.errors ?? [];
    const coerced = violations.filter((violation) => coerceAt(value, violation)).length;
    if (coerced === 0) return describe(mostTelling(violations), value, origins);
  }
  return undefined;
}

/** An unknown name explains the errors around it, a wrong type those inside it. */
const PRECEDENCE = ['additionalProperties', 'type', 'enum', 'oneOf', 'required'];

function mostTelling(violations: readonly Violation[]): Violation | undefined {
  const own = violations.filter(({ schemaPath }) => !/\/oneOf\/\d/.test(schemaPath));
  const rank = ({ keyword }: Violation): number => {
    const index = PRECEDENCE.indexOf(keyword);
    return index < 0 ? PRECEDENCE.length : index;
  };
  return own.toSorted((a, b) => rank(a) - rank(b))[0] ?? violations[0];
}

function describe(violation: Violation | undefined, value: object, origins: Origins): string {
  if (violation === undefined) return 'the configuration is not valid';
  const { instancePath, keyword, params } = violation;
  const field = fieldName(instancePath, origins);
  switch (keyword) {
    case 'additionalProperties':
      return unknownField(String(params['additionalProperty']), instancePath);
    case 'type':
      return `${field} must be ${typeName(params['type'])}, not ${kindOf(valueAt(value, instancePath))}`;
    case 'enum':
      return `${field} must be one of ${list(params['allowedValues'])}`;
    case 'required':
      return `${fieldName(`${instancePath}/${String(params['missingProperty'])}`, origins)} is required`;
    case 'oneOf':
      return `${field} must have exactly one of "gemini", "openAI", "a2a"`;
    case 'minimum':
      return `${field} must be at least ${String(params['limit'])}`;
    case 'maximum':
      return `${field} must be at most ${String(params['limit'])}`;
    case 'minLength':
      return `${field} must not be empty: give it a value or leave it out`;
    case 'maxLength':
      return `${field} must be at most ${String(params['limit'])} characters long`;
    case 'maxItems':
      return `${field} must have at most ${String(params['limit'])} items`;
    case 'pattern':
      return `${field} must be an absolute http or https URL without user name and password, like https://host:8080/path`;
    default:
      return `${field} is not valid (${keyword})`;
  }
}

/** The sentence for a field that nobody knows, with the name that was probably meant. */
export function unknownField(name: string, pointer: string): string {
  const known = knownFields(pointer);
  const shown = JSON.stringify(name.length > 64 ? `${name.slice(0, 63)}…` : name);
  const where = pointer === '' ? '' : ` in ${dotted(pointer)}`;
  const nearest = nearestName(name, known);
  const advice =
    nearest === undefined ? `the known fields are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return `unknown field ${shown}${where}: ${advice}`;
}

function fieldName(pointer: string, origins: Origins): string {
  return origins.get(pointer) ?? dotted(pointer);
}

/** `/reviewers/0/a2a/url` as `reviewers[0].a2a.url`. */
function dotted(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/\/?(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
}

function typeName(type: unknown): string {
  const names: Record<string, string> = {
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    string: 'a string',
    array: 'a list',
    object: 'an object',
  };
  return names[String(type)] ?? String(type);
}

/** What a JSON value is, in the words of a message. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function list(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : '';
}

function coerceAt(root: object, violation: Violation): boolean {
  if (violation.keyword !== 'type') return false;
  const text = valueAt(root, violation.instancePath);
  if (typeof text !== 'string') return false;
  const parsed = parseAs(violation.params['type'], text.trim());
  if (parsed === undefined) return false;
  const slash = violation.instancePath.lastIndexOf('/');
  const parent = valueAt(root, violation.instancePath.slice(0, slash));
  if (typeof parent !== 'object' || parent === null) return false;
  Reflect.set(parent, unescapeToken(violation.instancePath.slice(slash + 1)), parsed);
  return true;
}

function parseAs(type: unknown, text: string): number | boolean | undefined {
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'number' && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
  return undefined;
}

/** The value at a JSON pointer (RFC 6901); undefined where there is none. */
function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const token of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, unescapeToken(token));
  }
  return value;
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
