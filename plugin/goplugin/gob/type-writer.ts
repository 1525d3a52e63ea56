import { type GobType, typeName } from './schema.ts';
import { WireField } from './wire.ts';
import type { GobWriter } from './writer.ts';

/** Writes the wireType of a type (type.go): a struct with one field set, whose value describes the type. */
export function writeTypeDefinition(
  w: GobWriter,
  type: Exclude<GobType, { kind: 'basic' }>,
  id: number,
  idOf: (type: GobType) => number,
): void {
  switch (type.kind) {
    case 'array':
      begin(w, WireField.Array, type, id);
      delta(w).int(idOf(type.element));
      if (type.length > 0) delta(w).int(type.length);
      break;
    case 'slice':
      begin(w, WireField.Slice, type, id);
      delta(w).int(idOf(type.element));
      break;
    case 'map':
      begin(w, WireField.Map, type, id);
      delta(w).int(idOf(type.key));
      delta(w).int(idOf(type.element));
      break;
    case 'struct':
      begin(w, WireField.Struct, type, id);
      if (type.fields.length > 0) {
        delta(w).uint(type.fields.length);
        for (const field of type.fields) {
          delta(w).string(field.name);
          delta(w).int(idOf(field.type));
          end(w);
        }
      }
      break;
    case 'opaque':
      begin(w, WireField.GobEncoder, type, id);
      break;
  }
  end(w);
  end(w);
}

/** Opens the wireType, the alternative's struct and writes its CommonType{Name, Id}. */
function begin(w: GobWriter, alternative: number, type: GobType, id: number): void {
  w.uint(alternative + 1);
  delta(w);
  const name = typeName(type);
  if (name !== '') {
    delta(w).string(name);
    delta(w).int(id);
  } else {
    w.uint(2);
    w.int(id);
  }
  end(w);
}

function delta(w: GobWriter): GobWriter {
  w.uint(1);
  return w;
}

function end(w: GobWriter): void {
  w.uint(0);
}
