import type { GobReader } from './reader.ts';
import type { FieldDefinition, TypeDefinition } from './type-definition.ts';
import { BuiltinId, codecError } from './wire.ts';

/** Passes over one value of one type: what is no value of that type is an error here, too. */
export type ValueSkipper = (r: GobReader) => void;

/** Where the types come from. */
export interface TypeSkippersOptions {
  readonly definitionOf: (id: number) => TypeDefinition | undefined;
  readonly maxDepth: number;
  /** For the built-in types that are not plain. */
  readonly others: (id: number) => ValueSkipper;
}

const skipUint: ValueSkipper = (r) => r.skipUint();
const skipBytes: ValueSkipper = (r) => r.skipBytes();

/** What passes over values of a stream's types without making anything of them; built as {@link TypeRegistry}'s decoders are. */
export class TypeSkippers {
  readonly #options: TypeSkippersOptions;
  readonly #skippers = new Map<number, ValueSkipper>();

  constructor(options: TypeSkippersOptions) {
    this.#options = options;
    for (const id of [BuiltinId.Bool, BuiltinId.Int, BuiltinId.Uint, BuiltinId.Float])
      this.#skippers.set(id, skipUint);
    for (const id of [BuiltinId.Bytes, BuiltinId.String]) this.#skippers.set(id, skipBytes);
    for (const id of [BuiltinId.Complex, BuiltinId.Interface]) this.#skippers.set(id, options.others(id));
  }

  /** What passes over a value of a type. Throws `CODEC_FAILED` for an id without a definition, or with a malformed one. */
  skipper(id: number): ValueSkipper {
    const known = this.#skippers.get(id);
    if (known !== undefined) return known;
    const definition = this.#options.definitionOf(id);
    if (definition === undefined) throw codecError(`a value of type ${id}, which was not defined`);
    const built = this.#build(definition);
    this.#skippers.set(id, built);
    return built;
  }

  #build(definition: TypeDefinition): ValueSkipper {
    switch (definition.kind) {
      case 'struct':
        return this.#struct(definition.name, definition.fields);
      case 'slice':
        return this.#list(definition.name, [definition.element], undefined);
      case 'array':
        return this.#list(definition.name, [definition.element], definition.length);
      case 'map':
        return this.#list(definition.name, [definition.key, definition.element], undefined);
      case 'opaque':
        return skipBytes;
    }
  }

  #struct(typeName: string, definitions: readonly FieldDefinition[]): ValueSkipper {
    const skippers: (ValueSkipper | undefined)[] = definitions.map(() => undefined);
    return (r) => {
      this.#enter(r);
      let index = -1;
      for (let delta = r.count(); delta !== 0; delta = r.count()) {
        index += delta;
        const field = definitions[index];
        if (field === undefined)
          throw codecError(`field ${index} of struct ${typeName}, which has ${definitions.length}`);
        const skip = skippers[index] ?? this.skipper(field.type);
        skippers[index] = skip;
        skip(r);
      }
      r.depth--;
    };
  }

  /** Of a list or, with two types, a map. */
  #list(typeName: string, types: readonly number[], size: number | undefined): ValueSkipper {
    let skippers: ValueSkipper[] | undefined;
    return (r) => {
      this.#enter(r);
      skippers ??= types.map((type) => this.skipper(type));
      const length = r.length(`a list ${typeName}`);
      if (size !== undefined && length !== size) {
        throw codecError(`an array ${typeName} of ${length} elements, ${size} expected`);
      }
      for (let i = 0; i < length; i++) for (const skip of skippers) skip(r);
      r.depth--;
    };
  }

  #enter(r: GobReader): void {
    const { maxDepth } = this.#options;
    if (++r.depth > maxDepth) throw codecError(`values nested deeper than ${maxDepth}`);
  }
}
