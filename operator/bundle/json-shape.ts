/**
 * What a JSON value has to look like: a type by name, a list of one shape, an object by its fields (`{}` any object,
 * `*` any further field), all optional and nullable unless marked by `!`; a list of several shapes means one of them.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | 'any'
  | { readonly list: Shape }
  | { readonly oneOf: readonly Shape[] }
  | {
      readonly fields: Readonly<Record<string, Shape>>;
      readonly required?: readonly string[];
      readonly rest?: Shape;
    };

/**
 * Checks a value of unknown origin, e.g. parsed JSON.
 * Gives what is wrong first, `spec.containers[0].name must be a string`, or undefined when all is well.
 */
export function mismatch(value: unknown, shape: Shape, path = ''): string | undefined {
  const at = path === '' ? 'the content' : path;
  if (shape === 'any') return undefined;
  if (typeof shape === 'string') {
    const fits = shape === 'number' ? Number.isFinite(value) : typeof value === shape;
    return fits ? undefined : `${at} must be a ${shape}`;
  }
  if ('oneOf' in shape) {
    const problems = shape.oneOf.map((each) => mismatch(value, each, path));
    return problems.includes(undefined) ? undefined : problems[0];
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return `${at} must be a list`;
    for (const [i, item] of value.entries()) {
      const problem = mismatch(item, shape.list, `${path}[${i}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${at} must be an object`;
  const object: Readonly<Record<string, unknown>> = { ...value };
  for (const name of shape.required ?? []) {
    if (!Object.hasOwn(object, name) || object[name] === null) return `${at} lacks ${name}`;
  }
  for (const [name, field] of Object.entries(object)) {
    const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : shape.rest;
    if (known === undefined || field === null || field === undefined) continue;
    const problem = mismatch(field, known, path === '' ? name : `${path}.${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
