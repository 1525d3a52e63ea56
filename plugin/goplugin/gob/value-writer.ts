import { type GobField, type GobType, typeName } from './schema.ts';
import { BuiltinId, codecError } from './wire.ts';
import type { GobWriter } from './writer.ts';

/** Writes a value as it stands at the top of a message: a struct as it is, anything else after a zero byte. */
export function writeTopLevel(w: GobWriter, type: GobType, value: unknown): void {
  if (type.kind !== 'struct') w.uint(0);
  writeValue(w, type, value);
}

function writeValue(w: GobWriter, type: GobType, value: unknown): void {
  switch (type.kind) {
    case 'basic':
      writeBasic(w, type.id, value);
      break;
    case 'opaque':
      if (!(value instanceof Uint8Array)) throw mismatch(type);
      w.bytes(value);
      break;
    case 'slice':
    case 'array':
      if (!Array.isArray(value)) throw mismatch(type);
      if (type.kind === 'array' && value.length !== type.length) throw mismatch(type);
      w.uint(value.length);
      for (const element of value) writeValue(w, type.element, element);
      break;
    case 'map':
      if (!(value instanceof Map)) throw mismatch(type);
      w.uint(value.size);
      for (const [key, element] of value) {
        writeValue(w, type.key, key);
        writeValue(w, type.element, element);
      }
      break;
    case 'struct':
      if (typeof value !== 'object' || value === null) throw mismatch(type);
      writeFields(w, type.fields, value as Readonly<Record<string, unknown>>);
      break;
  }
}

function writeFields(
  w: GobWriter,
  fields: readonly GobField[],
  source: Readonly<Record<string, unknown>>,
): void {
  let skipped = 1;
  for (const { name, type } of fields) {
    const value = source[name];
    if (omitted(type, value)) {
      skipped++;
      continue;
    }
    w.uint(skipped);
    skipped = 1;
    writeValue(w, type, value ?? {});
  }
  w.uint(0);
}

/** Zero values of fields are not sent, but a struct and a map that is there always are (encode.go). */
function omitted(type: GobType, value: unknown): boolean {
  if (value === undefined) return type.kind !== 'struct';
  switch (type.kind) {
    case 'basic':
      if (value instanceof Uint8Array) return value.length === 0;
      return value === '' || value === false || value === 0n || Object.is(value, 0);
    case 'slice':
      return Array.isArray(value) && value.length === 0;
    default:
      return false;
  }
}

function writeBasic(w: GobWriter, id: number, value: unknown): void {
  if (id === BuiltinId.String && typeof value === 'string') w.string(value);
  else if (id === BuiltinId.Bool && typeof value === 'boolean') w.uint(value ? 1 : 0);
  else if (id === BuiltinId.Int && isInteger(value)) w.int(value);
  else if (id === BuiltinId.Uint && isInteger(value)) w.uint(value);
  else if (id === BuiltinId.Float && typeof value === 'number') w.float(value);
  else if (id === BuiltinId.Bytes && value instanceof Uint8Array) w.bytes(value);
  else throw mismatch({ kind: 'basic', id });
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function mismatch(type: GobType) {
  return codecError(`a value that is not a ${typeName(type)}`);
}
