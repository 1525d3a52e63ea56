import type { GobReader } from './reader.ts';
import { codecError, WireField } from './wire.ts';

/** A type as the other side defined it; ids refer to other definitions of the same stream or to built-in types. */
export type TypeDefinition =
  | { readonly kind: 'array'; readonly name: string; readonly element: number; readonly length: number }
  | { readonly kind: 'slice'; readonly name: string; readonly element: number }
  | { readonly kind: 'map'; readonly name: string; readonly key: number; readonly element: number }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly FieldDefinition[] }
  | { readonly kind: 'opaque'; readonly name: string };

/** One field of a struct: its Go name and the id of its type. */
export interface FieldDefinition {
  readonly name: string;
  readonly type: number;
}

/** An exported Go identifier: gob sends no others, and no property of Object.prototype begins with a capital. */
const EXPORTED = /^\p{Lu}/u;

/** Reads a wireType (type.go): a struct with one of seven fields set. Throws `CODEC_FAILED` for anything else. */
export function readTypeDefinition(r: GobReader): TypeDefinition {
  const which = nextField(r, -1);
  const definition = readAlternative(r, which);
  if (nextField(r, which) !== END) throw codecError('a type definition of two kinds');
  return definition;
}

function readAlternative(r: GobReader, which: number): TypeDefinition {
  switch (which) {
    case WireField.Array: {
      const [name, element, , length] = readComposite(r, 'array');
      return { kind: 'array', name, element, length };
    }
    case WireField.Slice: {
      const [name, element] = readComposite(r, 'slice');
      return { kind: 'slice', name, element };
    }
    case WireField.Struct:
      return readStruct(r);
    case WireField.Map: {
      const [name, key, element] = readComposite(r, 'map');
      return { kind: 'map', name, key, element };
    }
    case WireField.GobEncoder:
    case WireField.BinaryMarshaler:
    case WireField.TextMarshaler: {
      const [name] = readComposite(r, 'opaque');
      return { kind: 'opaque', name };
    }
    default:
      throw codecError(`a type definition of unknown kind ${which}`);
  }
}

/** arrayType{Common, Elem, Len}, sliceType{Common, Elem}, mapType{Common, Key, Elem} and gobEncoderType{Common}. */
function readComposite(
  r: GobReader,
  kind: 'array' | 'slice' | 'map' | 'opaque',
): [name: string, first: number, second: number, length: number] {
  let name = '';
  let first = 0;
  let second = 0;
  let length = 0;
  for (let index = nextField(r, -1); index !== END; index = nextField(r, index)) {
    if (index === 0) name = readCommonName(r);
    else if (index === 1 && kind !== 'opaque') first = r.id();
    else if (index === 2 && kind === 'map') second = r.id();
    else if (index === 2 && kind === 'array') length = r.id();
    else throw codecError(`a ${kind} definition with a field ${index}`);
  }
  return [name, first, second, length];
}

function readStruct(r: GobReader): TypeDefinition {
  let name = '';
  let fields: FieldDefinition[] = [];
  for (let index = nextField(r, -1); index !== END; index = nextField(r, index)) {
    if (index === 0) name = readCommonName(r);
    else if (index === 1) fields = readFields(r);
    else throw codecError(`a struct definition with a field ${index}`);
  }
  return { kind: 'struct', name, fields };
}

function readFields(r: GobReader): FieldDefinition[] {
  const count = r.length('a field list');
  const fields: FieldDefinition[] = [];
  for (let i = 0; i < count; i++) {
    let name = '';
    let type = 0;
    for (let index = nextField(r, -1); index !== END; index = nextField(r, index)) {
      if (index === 0) name = r.string();
      else if (index === 1) type = r.id();
      else throw codecError(`a field definition with a field ${index}`);
    }
    if (!EXPORTED.test(name)) throw codecError('a struct definition with a field that Go would not export');
    fields.push({ name, type });
  }
  return fields;
}

/** CommonType{Name, Id}; the id in it is not the stream's own for pointers to GobEncoder types, so it is not kept. */
function readCommonName(r: GobReader): string {
  let name = '';
  for (let index = nextField(r, -1); index !== END; index = nextField(r, index)) {
    if (index === 0) name = r.string();
    else if (index === 1) r.int();
    else throw codecError(`a CommonType with a field ${index}`);
  }
  return name;
}

const END = -1;

/** The next field's index after `index`, or -1 at the struct's end: fields are sent as deltas, 0 ends them. */
function nextField(r: GobReader, index: number): number {
  const delta = r.count();
  return delta === 0 ? END : index + delta;
}
