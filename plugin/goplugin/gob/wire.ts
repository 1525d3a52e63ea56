import { CodedError } from '../../../crds/errors.ts';

/** Type ids that every gob stream knows without a definition (encoding/gob type.go). */
export const BuiltinId = {
  Bool: 1,
  Int: 2,
  Uint: 3,
  Float: 4,
  Bytes: 5,
  String: 6,
  Complex: 7,
  Interface: 8,
} as const;

/** The first id a stream may define: lower ones belong to gob itself (type.go, firstUserId 64, which is never used). */
export const FIRST_USER_ID = 64;

/** Position of each alternative in gob's wireType struct (type.go), the form of a type definition. */
export const WireField = {
  Array: 0,
  Slice: 1,
  Struct: 2,
  Map: 3,
  GobEncoder: 4,
  BinaryMarshaler: 5,
  TextMarshaler: 6,
} as const;

/** What a decoder accepts before it calls the stream hostile. */
export interface GobLimits {
  /** Bytes of one message; default 16 MiB, ten times what etcd lets an AnalysisRun be. */
  readonly maxMessageBytes: number;
  /** Nested composite values; default 200. */
  readonly maxDepth: number;
  /** Type definitions of one stream; default 8192, Argo sends some 220. */
  readonly maxTypes: number;
}

/** The limits used where none are named. */
export const DEFAULT_LIMITS: GobLimits = { maxMessageBytes: 16 << 20, maxDepth: 200, maxTypes: 8192 };

/** The error of this codec, for a stream that cannot be read on. */
export function codecError(message: string, cause?: unknown): CodedError {
  return new CodedError('CODEC_FAILED', `gob: ${message}`, cause === undefined ? undefined : { cause });
}

/**
 * A value held by an interface, with the name its concrete type was registered under.
 * The encoder needs `type`, the decoder leaves it out; a nil interface is `null`.
 */
export class GobInterface<T = undefined> {
  readonly typeName: string;
  readonly value: unknown;
  readonly type: T;

  constructor(typeName: string, value: unknown, type: T) {
    this.typeName = typeName;
    this.value = value;
    this.type = type;
  }
}
