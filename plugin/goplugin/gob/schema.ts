import { BuiltinId } from './wire.ts';

/** A type that the encoder declares; the object itself is its identity within a stream. */
export type GobType =
  | { readonly kind: 'basic'; readonly id: number }
  | { readonly kind: 'slice'; readonly element: GobType }
  | { readonly kind: 'array'; readonly element: GobType; readonly length: number }
  | { readonly kind: 'map'; readonly key: GobType; readonly element: GobType }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly GobField[] }
  | { readonly kind: 'opaque'; readonly name: string };

/** One field of a struct type. */
export interface GobField {
  readonly name: string;
  readonly type: GobType;
}

/** Go's basic types. `INTERFACE` is for top-level values alone. */
export const BOOL: GobType = { kind: 'basic', id: BuiltinId.Bool };
export const INT: GobType = { kind: 'basic', id: BuiltinId.Int };
export const UINT: GobType = { kind: 'basic', id: BuiltinId.Uint };
export const FLOAT: GobType = { kind: 'basic', id: BuiltinId.Float };
export const BYTES: GobType = { kind: 'basic', id: BuiltinId.Bytes };
export const STRING: GobType = { kind: 'basic', id: BuiltinId.String };
export const INTERFACE: GobType = { kind: 'basic', id: BuiltinId.Interface };

/** A slice: an array of any length in JavaScript. */
export function sliceOf(element: GobType): GobType {
  return { kind: 'slice', element };
}

/** An array of exactly `length` elements. */
export function arrayOf(element: GobType, length: number): GobType {
  return { kind: 'array', element, length };
}

/** A map: a `Map` in JavaScript. */
export function mapOf(key: GobType, element: GobType): GobType {
  return { kind: 'map', key, element };
}

/** A struct; the receiver matches its fields by their Go names, not by their order or the struct's name. */
export function structOf(name: string, fields: Readonly<Record<string, GobType>>): GobType {
  return {
    kind: 'struct',
    name,
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
  };
}

/** A type that encodes itself (GobEncoder): its bytes in JavaScript. */
export function opaque(name: string): GobType {
  return { kind: 'opaque', name };
}

/** The name gob gives a type in its definition, as reflect.Type.String would for unnamed ones; only for readers. */
export function typeName(type: GobType): string {
  switch (type.kind) {
    case 'basic':
      return BASIC_NAMES.get(type.id) ?? '';
    case 'slice':
      return `[]${typeName(type.element)}`;
    case 'array':
      return `[${type.length}]${typeName(type.element)}`;
    case 'map':
      return `map[${typeName(type.key)}]${typeName(type.element)}`;
    case 'struct':
    case 'opaque':
      return type.name;
  }
}

const BASIC_NAMES: ReadonlyMap<number, string> = new Map([
  [BuiltinId.Bool, 'bool'],
  [BuiltinId.Int, 'int'],
  [BuiltinId.Uint, 'uint'],
  [BuiltinId.Float, 'float'],
  [BuiltinId.Bytes, 'bytes'],
  [BuiltinId.String, 'string'],
  [BuiltinId.Interface, 'interface'],
]);
