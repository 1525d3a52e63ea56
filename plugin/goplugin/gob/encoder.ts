import { type GobType, typeName } from './schema.ts';
import { writeTypeDefinition } from './type-writer.ts';
import { writeTopLevel } from './value-writer.ts';
import { BuiltinId, codecError, GobInterface } from './wire.ts';
import { GobWriter } from './writer.ts';

/** Ids this side gives its types begin here; 64 is never used by Go either. */
const FIRST_ID = 65;

/**
 * Encodes one gob stream. Each type is defined once, just before the first value that needs it: a second definition
 * makes Go's decoder fail for good ("duplicate type received").
 */
export class GobEncoder {
  readonly #ids = new Map<GobType, number>();
  readonly #defined = new Set<GobType>();
  readonly #out = new GobWriter();
  readonly #message = new GobWriter();
  readonly #value = new GobWriter();
  readonly #idOf = (type: GobType): number => this.#id(type);

  /**
   * Adds one top-level value to what {@link take} returns.
   * Throws `CODEC_FAILED` when the value is not of the type; the stream must not be used after that.
   */
  append(type: GobType, value: unknown): void {
    this.#message.reset();
    if (type.kind === 'basic' && type.id === BuiltinId.Interface) {
      this.#appendInterface(value);
      return;
    }
    this.#define(type);
    this.#message.int(this.#id(type));
    writeTopLevel(this.#message, type, value);
    this.#out.message(this.#message);
  }

  /** The bytes of everything appended since the last call. */
  take(): Buffer {
    const bytes = this.#out.copy();
    this.#out.reset();
    return bytes;
  }

  /** As encode.go, encodeInterface: the first definition of a new concrete type joins the interface's own message. */
  #appendInterface(value: unknown): void {
    const m = this.#message;
    m.int(BuiltinId.Interface);
    m.uint(0);
    if (value === null) {
      m.uint(0);
      this.#out.message(m);
      return;
    }
    if (!(value instanceof GobInterface)) throw codecError('an interface value without its type');
    const type = value.type as GobType;
    m.string(value.typeName);
    this.#define(type);
    m.int(this.#id(type));
    this.#value.reset();
    writeTopLevel(this.#value, type, value.value);
    m.message(this.#value);
    this.#out.message(m);
  }

  /** Sends the definitions that `type` needs; what `#message` holds goes before the first of them. */
  #define(type: GobType): void {
    if (type.kind === 'basic' || this.#defined.has(type)) return;
    this.#defined.add(type);
    this.#message.int(-this.#id(type));
    writeTypeDefinition(this.#message, type, this.#id(type), this.#idOf);
    this.#out.message(this.#message);
    this.#message.reset();
    switch (type.kind) {
      case 'slice':
      case 'array':
        this.#define(type.element);
        break;
      case 'map':
        this.#define(type.key);
        this.#define(type.element);
        break;
      case 'struct':
        for (const field of type.fields) this.#define(field.type);
        break;
      case 'opaque':
        break;
    }
  }

  #id(type: GobType): number {
    if (type.kind === 'basic') {
      if (type.id === BuiltinId.Interface)
        throw codecError(`${typeName(type)} inside a value is not encoded`);
      return type.id;
    }
    let id = this.#ids.get(type);
    if (id === undefined) {
      id = FIRST_ID + this.#ids.size;
      this.#ids.set(type, id);
    }
    return id;
  }
}
