import * as fc from 'fast-check';
import {
  arrayOf,
  BOOL,
  BYTES,
  FLOAT,
  type GobType,
  INT,
  mapOf,
  opaque,
  STRING,
  sliceOf,
  structOf,
  UINT,
} from '../../../../../plugin/goplugin/gob/schema.ts';
import { BuiltinId } from '../../../../../plugin/goplugin/gob/wire.ts';

/** Any type the encoder can declare, a few levels deep. */
export const gobType: fc.Arbitrary<GobType> = fc.letrec<{ type: GobType }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(BOOL, INT, UINT, FLOAT, BYTES, STRING),
    fc.constant(null).map(() => opaque('Time')),
    tie('type').map(sliceOf),
    fc.tuple(tie('type'), fc.integer({ min: 0, max: 3 })).map(([element, size]) => arrayOf(element, size)),
    fc.tuple(fc.constantFrom(INT, STRING, UINT), tie('type')).map(([key, element]) => mapOf(key, element)),
    fc
      .array(tie('type'), { maxLength: 6 })
      .map((types) => structOf('S', Object.fromEntries(types.map((type, i) => [`F${i}`, type])))),
  ),
})).type;

/** Any value of a type, in the form the encoder takes. */
export function anyOf(type: GobType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'basic':
      return basic(type.id);
    case 'opaque':
      return fc.uint8Array({ maxLength: 20 });
    case 'slice':
      return fc.array(anyOf(type.element), { maxLength: 4 });
    case 'array':
      return fc.array(anyOf(type.element), { minLength: type.length, maxLength: type.length });
    case 'map':
      return fc
        .array(fc.tuple(anyOf(type.key), anyOf(type.element)), { maxLength: 4 })
        .map((entries) => new Map(entries));
    case 'struct':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, anyOf(field.type)])), {
        requiredKeys: [],
      });
  }
}

/** What the decoder makes of an encoded value: the same without the fields that Go would not send. */
export function decoded(type: GobType, value: unknown): unknown {
  switch (type.kind) {
    case 'basic':
      return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case 'opaque':
      return value;
    case 'slice':
    case 'array':
      return (value as unknown[]).map((element) => decoded(type.element, element));
    case 'map':
      return new Map(
        [...(value as Map<unknown, unknown>)].map(([k, v]) => [
          decoded(type.key, k),
          decoded(type.element, v),
        ]),
      );
    case 'struct': {
      const source = value as Record<string, unknown>;
      const kept = type.fields.flatMap(({ name, type: fieldType }) => {
        const part = source[name] ?? (fieldType.kind === 'struct' ? {} : undefined);
        return isSent(fieldType, part) ? [[name, decoded(fieldType, part)]] : [];
      });
      return Object.fromEntries(kept);
    }
  }
}

function isSent(type: GobType, value: unknown): boolean {
  if (value === undefined) return false;
  if (type.kind === 'slice') return (value as unknown[]).length > 0;
  if (type.kind !== 'basic') return true;
  if (value instanceof Uint8Array) return value.length > 0;
  return !(value === '' || value === false || value === 0n || Object.is(value, 0));
}

function basic(id: number): fc.Arbitrary<unknown> {
  switch (id) {
    case BuiltinId.Bool:
      return fc.boolean();
    case BuiltinId.Int:
      return fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }));
    case BuiltinId.Uint:
      return fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
    case BuiltinId.Float:
      return fc.double();
    case BuiltinId.Bytes:
      return fc.uint8Array({ maxLength: 300 });
    default:
      return fc.string({ unit: 'grapheme', maxLength: 60 });
  }
}
