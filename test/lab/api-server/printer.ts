import type { JsonObject, KubeObject } from '../kubernetes.ts';
import { age } from './human-duration.ts';
import { evaluateJsonPath } from './json-path.ts';
import type { Column, Printer } from './resource-type.ts';

/** One cell of a row. */
export type Cell = (object: KubeObject, now: Date) => unknown;

/** The AGE cell. */
export const AGE: Cell = (object, now) => age(object.metadata.creationTimestamp, now);

const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
};

/** A printer of labelled cells: those always shown, those of `-o wide`, and NAME first unless `name` is false. */
export function printer(
  always: readonly [string, Cell][],
  wide: readonly [string, Cell][] = [],
  name = true,
): Printer {
  const column =
    (priority: number) =>
    ([label]: readonly [string, Cell]): Column => ({
      name: label,
      type: 'string',
      format: '',
      description: label,
      priority,
    });
  return {
    columns: [
      ...(name ? [NAME] : []),
      ...always.map(column(0)),
      ...wide.map(column(1)),
      ...(name ? [] : [{ ...NAME, priority: 1 }]),
    ],
    cells: (object, now) => {
      const cells = [...always, ...wide].map(([, cell]) => cell(object, now));
      return name ? [object.metadata.name, ...cells] : [...cells, object.metadata.name];
    },
  };
}

/** NAME and AGE: how any type prints that says nothing else. */
export const namePrinter: Printer = printer([['Age', AGE]]);

/** The printer of a custom resource's `additionalPrinterColumns`; NAME always leads, AGE stands in for none. */
export function columnPrinter(definitions: readonly JsonObject[]): Printer {
  if (definitions.length === 0) return namePrinter;
  const columns = definitions.map(
    (definition): Column => ({
      name: String(definition['name']),
      type: String(definition['type']),
      format: String(definition['format'] ?? ''),
      description: String(
        definition['description'] ??
          `Custom resource definition column (in JSONPath format): ${definition['jsonPath']}`,
      ),
      priority: Number(definition['priority'] ?? 0),
    }),
  );
  return {
    columns: [NAME, ...columns],
    cells: (object, now) => [
      object.metadata.name,
      ...definitions.map((definition) => customCell(definition, object, now)),
    ],
  };
}

function customCell(definition: JsonObject, object: KubeObject, now: Date): unknown {
  const found = evaluateJsonPath(String(definition['jsonPath']), object);
  const [first] = found;
  if (first === undefined) return null;
  switch (definition['type']) {
    case 'date':
      return age(first, now);
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
    case 'boolean':
      return typeof first === definition['type'] ? first : null;
    default:
      return found
        .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
        .join(',');
  }
}
