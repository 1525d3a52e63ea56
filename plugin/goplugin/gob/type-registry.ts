import { GobReader } from './reader.ts';
import { type FieldDefinition, readTypeDefinition, type TypeDefinition } from './type-definition.ts';
import { TypeSkippers } from './type-skippers.ts';
import { BuiltinId, codecError, FIRST_USER_ID, GobInterface, type GobLimits } from './wire.ts';

/** Reads one value of one type. */
export type ValueDecoder = (r: GobReader) => unknown;

/** What becomes of a value whose type encodes itself (GobEncoder): its bytes, and the type's name where it has one. */
export type OpaqueDecoder = (bytes: Uint8Array, typeName: string) => unknown;

/** Fields by the Go name of their struct, without its package: a struct that is not named here is read whole. */
export type FieldsRead = Readonly<Record<string, readonly string[]>>;

/**
 * The types of one gob stream in one direction, by the id of the message that defined them.
 * A type's decoder is built when its first value comes, from the decoders of its parts; its definition may be left
 * unread until then: of the 219 types that Argo's first Run defines, most are of pods and jobs and never have a value.
 */
export class TypeRegistry {
  readonly #definitions = new Map<number, TypeDefinition | Uint8Array>();
  readonly #decoders = new Map<number, ValueDecoder>();
  readonly #skippers: TypeSkippers;
  readonly #limits: GobLimits;
  readonly #opaque: OpaqueDecoder;
  readonly #reads: FieldsRead;

  constructor(limits: GobLimits, opaque: OpaqueDecoder, reads: FieldsRead = {}) {
    this.#limits = limits;
    this.#opaque = opaque;
    this.#reads = reads;
    this.#decoders.set(BuiltinId.Bool, (r) => r.bool());
    this.#decoders.set(BuiltinId.Int, (r) => r.int());
    this.#decoders.set(BuiltinId.Uint, (r) => r.uint());
    this.#decoders.set(BuiltinId.Float, (r) => r.float());
    this.#decoders.set(BuiltinId.Bytes, (r) => r.bytes());
    this.#decoders.set(BuiltinId.String, (r) => r.string());
    this.#decoders.set(BuiltinId.Complex, (r) => ({ re: r.float(), im: r.float() }));
    this.#decoders.set(BuiltinId.Interface, (r) => this.#nestedInterface(r));
    this.#skippers = new TypeSkippers({
      definitionOf: (id) => this.#definition(id),
      maxDepth: limits.maxDepth,
      // Few types hold one of these: decoded and dropped.
      others: (id) => this.decoder(id),
    });
  }

  /** Definitions received so far. */
  get size(): number {
    return this.#definitions.size;
  }

  /** All definitions received so far, for inspection. Throws `CODEC_FAILED` for a malformed one. */
  get definitions(): ReadonlyMap<number, TypeDefinition> {
    return new Map([...this.#definitions.keys()].map((id) => [id, this.#definition(id) as TypeDefinition]));
  }

  /**
   * Adds a definition, or its bytes, which are kept. What is wrong with those is found when a value needs them.
   * Throws `CODEC_FAILED` for a reserved id, a second definition or too many of them.
   */
  define(id: number, definition: TypeDefinition | Uint8Array): void {
    if (id < FIRST_USER_ID || this.#definitions.has(id)) throw codecError(`duplicate type ${id} received`);
    if (this.#definitions.size >= this.#limits.maxTypes) {
      throw codecError(`more than ${this.#limits.maxTypes} type definitions`);
    }
    this.#definitions.set(id, definition);
  }

  /** The decoder of a type. Throws `CODEC_FAILED` for an id without a definition, or with a malformed one. */
  decoder(id: number): ValueDecoder {
    const known = this.#decoders.get(id);
    if (known !== undefined) return known;
    const definition = this.#definition(id);
    if (definition === undefined) throw codecError(`a value of type ${id}, which was not defined`);
    const built = this.#build(definition);
    this.#decoders.set(id, built);
    return built;
  }

  /** True when a top-level value of this type has no zero byte before it (encoder.go: only structs and opaques). */
  isStruct(id: number): boolean {
    return this.#definition(id)?.kind === 'struct';
  }

  #definition(id: number): TypeDefinition | undefined {
    const known = this.#definitions.get(id);
    if (!(known instanceof Uint8Array)) return known;
    const r = new GobReader(known);
    const definition = readTypeDefinition(r);
    if (r.left > 0) throw codecError('extra data after a type definition');
    this.#definitions.set(id, definition);
    return definition;
  }

  #build(definition: TypeDefinition): ValueDecoder {
    switch (definition.kind) {
      case 'struct':
        return this.#struct(definition.name, definition.fields);
      case 'slice':
        return this.#list(definition.name, definition.element, undefined);
      case 'array':
        return this.#list(definition.name, definition.element, definition.length);
      case 'map':
        return this.#map(definition.name, definition.key, definition.element);
      case 'opaque':
        return (r) => this.#opaque(r.bytes(), definition.name);
    }
  }

  #struct(typeName: string, definitions: readonly FieldDefinition[]): ValueDecoder {
    const names = definitions.map((field) => field.name);
    const read = Object.hasOwn(this.#reads, typeName) ? this.#reads[typeName] : undefined;
    const isRead = names.map((name) => read === undefined || read.includes(name));
    const decoders: (ValueDecoder | undefined)[] = definitions.map(() => undefined);
    return (r) => {
      this.#enter(r);
      const value: Record<string, unknown> = {};
      let index = -1;
      for (let delta = r.count(); delta !== 0; delta = r.count()) {
        index += delta;
        const name = names[index];
        if (name === undefined)
          throw codecError(`field ${index} of struct ${typeName}, which has ${names.length}`);
        let decode = decoders[index];
        if (decode === undefined) {
          const { type } = definitions[index] as FieldDefinition;
          decode = isRead[index] ? this.decoder(type) : this.#skippers.skipper(type);
          decoders[index] = decode;
        }
        if (isRead[index]) value[name] = decode(r);
        else decode(r);
      }
      r.depth--;
      return value;
    };
  }

  #list(typeName: string, element: number, size: number | undefined): ValueDecoder {
    let decode: ValueDecoder | undefined;
    return (r) => {
      this.#enter(r);
      decode ??= this.decoder(element);
      const length = r.length(`a list ${typeName}`);
      if (size !== undefined && length !== size) {
        throw codecError(`an array ${typeName} of ${length} elements, ${size} expected`);
      }
      const values: unknown[] = [];
      for (let i = 0; i < length; i++) values.push(decode(r));
      r.depth--;
      return values;
    };
  }

  #map(typeName: string, key: number, element: number): ValueDecoder {
    let decodeKey: ValueDecoder | undefined;
    let decodeElement: ValueDecoder | undefined;
    return (r) => {
      this.#enter(r);
      decodeKey ??= this.decoder(key);
      decodeElement ??= this.decoder(element);
      const length = r.length(`a map ${typeName}`);
      const values = new Map<unknown, unknown>();
      for (let i = 0; i < length; i++) {
        const k = decodeKey(r);
        values.set(k, decodeElement(r));
      }
      r.depth--;
      return values;
    };
  }

  /**
   * An interface below the top level: nil, or of a type known already. One whose type is new would bring definitions
   * in the middle of a value; Argo's types hold no interface, so that is refused rather than half supported.
   */
  #nestedInterface(r: GobReader): unknown {
    this.#enter(r);
    const typeName = r.string();
    let value: unknown = null;
    if (typeName !== '') {
      const id = r.id();
      if (id < 0) throw codecError(`an interface ${typeName} of a new type inside a value`);
      r.count();
      if (!this.isStruct(id) && r.count() !== 0)
        throw codecError(`an interface ${typeName} without its value`);
      value = new GobInterface(typeName, this.decoder(id)(r), undefined);
    }
    r.depth--;
    return value;
  }

  #enter(r: GobReader): void {
    if (++r.depth > this.#limits.maxDepth)
      throw codecError(`values nested deeper than ${this.#limits.maxDepth}`);
  }
}
