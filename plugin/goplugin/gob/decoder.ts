import { MessageReader } from './message-reader.ts';
import { GobReader } from './reader.ts';
import { readTypeDefinition, type TypeDefinition } from './type-definition.ts';
import { type FieldsRead, type OpaqueDecoder, TypeRegistry } from './type-registry.ts';
import { BuiltinId, codecError, DEFAULT_LIMITS, GobInterface, type GobLimits } from './wire.ts';

/** How a stream is decoded. */
export interface GobDecoderOptions {
  readonly limits?: Partial<GobLimits>;
  /** What a self-encoding value (GobEncoder) becomes; its bytes when absent. */
  readonly opaque?: OpaqueDecoder;
  /** Which fields of some structs are read; all of all when absent. The others are checked, and passed over. */
  readonly reads?: FieldsRead;
}

/**
 * Decodes one gob stream, chunk by chunk, by the types that the stream itself defines.
 *
 * A struct becomes an object keyed by Go field names without the fields that were not sent (zero or nil in Go), a map
 * a `Map`, a slice or array an array, bytes a `Uint8Array`, an integer a number or, where that would not be exact, a
 * bigint; an interface a {@link GobInterface} or null. Source: encoding/gob doc.go and decoder.go.
 */
export class GobDecoder {
  readonly #messages: MessageReader;
  readonly #types: TypeRegistry;
  readonly #emit: (value: unknown) => void;
  /** Set while the value of a top-level interface waits for the rest of its type definitions. */
  #interfaceName: string | undefined;

  constructor(emit: (value: unknown) => void, options: GobDecoderOptions = {}) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#emit = emit;
    this.#types = new TypeRegistry(limits, options.opaque ?? ((bytes) => bytes), options.reads ?? {});
    this.#messages = new MessageReader(limits.maxMessageBytes, (message) => this.#message(message));
  }

  /** True while a message or an interface value has begun and not ended. */
  get partial(): boolean {
    return this.#messages.partial || this.#interfaceName !== undefined;
  }

  /** The types defined so far, by id. */
  get types(): ReadonlyMap<number, TypeDefinition> {
    return this.#types.definitions;
  }

  /** Takes the next bytes. Throws `CODEC_FAILED`, after which the stream cannot be read on, and what `emit` throws. */
  push(chunk: Uint8Array): void {
    this.#messages.push(chunk);
  }

  #message(message: Uint8Array): void {
    const r = new GobReader(message);
    if (this.#interfaceName !== undefined) {
      const id = r.id();
      if (id < 0) this.#types.define(-id, r.rest());
      else this.#interfaceValue(r, this.#interfaceName, id);
      return;
    }
    const id = r.id();
    if (id < 0) {
      this.#types.define(-id, readTypeDefinition(r));
      if (r.left > 0) throw codecError('extra data after a type definition');
    } else if (id === BuiltinId.Interface) {
      this.#interface(r);
    } else {
      this.#deliver(r, this.#value(r, id));
    }
  }

  /** A value that is not a struct has one zero byte before it (doc.go). */
  #value(r: GobReader, id: number): unknown {
    const decode = this.#types.decoder(id);
    if (!this.#types.isStruct(id) && r.count() !== 0) {
      throw codecError('corrupted data: non-zero delta for singleton');
    }
    return decode(r);
  }

  /**
   * decoder.go, decodeTypeSequence(isInterface): definitions of a new concrete type follow the name, the first in the
   * same message, the others in messages of their own; then its id, the byte count of the value and the value.
   * Those others are read when a value needs them.
   */
  #interface(r: GobReader): void {
    if (r.count() !== 0) throw codecError('corrupted data: non-zero delta for singleton');
    const name = r.string();
    if (name === '') {
      this.#deliver(r, null);
      return;
    }
    this.#interfaceName = name;
    while (r.left > 0) {
      const id = r.id();
      if (id >= 0) {
        this.#interfaceValue(r, name, id);
        return;
      }
      this.#types.define(-id, readTypeDefinition(r));
      if (r.left > 0) r.count();
    }
  }

  #interfaceValue(r: GobReader, name: string, id: number): void {
    const size = r.count();
    if (size !== r.left) throw codecError(`an interface value of ${size} bytes with ${r.left} bytes left`);
    this.#interfaceName = undefined;
    this.#deliver(r, new GobInterface(name, this.#value(r, id), undefined));
  }

  #deliver(r: GobReader, value: unknown): void {
    if (r.left > 0) throw codecError(`${r.left} bytes after a value`);
    this.#emit(value);
  }
}
