import { CodedError } from '../../../crds/errors.ts';
import { FrameType, HEADER_SIZE, PROTOCOL_VERSION } from './constants.ts';

/** The fields of one 12-byte yamux header; the version is not kept, there is only one. */
export interface FrameHeader {
  readonly type: FrameType;
  /** A set of `Flag` bits. */
  readonly flags: number;
  /** 0 for the session itself (Ping, GoAway). */
  readonly streamId: number;
  /** Payload bytes for Data, window delta, ping value or GoAway code otherwise. */
  readonly length: number;
}

/** What a {@link FrameDecoder} reports, in the order of the wire. */
export interface FrameSink {
  header(header: FrameHeader): void;
  /** A piece of the payload of the Data frame whose header came last; never empty, valid only as a view. */
  payload(streamId: number, piece: Uint8Array): void;
}

/** The 12 bytes of a header, big endian. */
export function encodeHeader(header: FrameHeader): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_SIZE);
  bytes[0] = PROTOCOL_VERSION;
  bytes[1] = header.type;
  bytes.writeUInt16BE(header.flags, 2);
  bytes.writeUInt32BE(header.streamId, 4);
  bytes.writeUInt32BE(header.length, 8);
  return bytes;
}

/**
 * Reads 12 bytes from `offset`.
 * Throws `PROTOCOL_VIOLATION` for another version or an unknown type.
 */
export function decodeHeader(bytes: Buffer, offset: number): FrameHeader {
  const version = bytes.readUInt8(offset);
  if (version !== PROTOCOL_VERSION) {
    throw new CodedError('PROTOCOL_VIOLATION', `yamux frame of version ${version}: only version 0 exists`);
  }
  const type = bytes.readUInt8(offset + 1);
  if (!isFrameType(type)) {
    throw new CodedError('PROTOCOL_VIOLATION', `yamux frame of unknown type ${type}`);
  }
  return {
    type,
    flags: bytes.readUInt16BE(offset + 2),
    streamId: bytes.readUInt32BE(offset + 4),
    length: bytes.readUInt32BE(offset + 8),
  };
}

/**
 * Cuts a byte stream into frames. Chunks may end anywhere; payloads are passed on piece by piece, so nothing but
 * a partial header is ever held back and a claimed length allocates nothing.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #head = Buffer.alloc(HEADER_SIZE);
  #headFilled = 0;
  #payloadStream = 0;
  #payloadLeft = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** True while a frame has begun and not ended: the end of the connection now would cut it. */
  get partial(): boolean {
    return this.#headFilled > 0 || this.#payloadLeft > 0;
  }

  /** Takes the next bytes. Throws what {@link decodeHeader} or the sink throws; the decoder is of no use after that. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (this.#payloadLeft > 0) {
        const taken = Math.min(this.#payloadLeft, bytes.length - at);
        this.#payloadLeft -= taken;
        this.#sink.payload(this.#payloadStream, bytes.subarray(at, at + taken));
        at += taken;
      } else if (this.#headFilled === 0 && bytes.length - at >= HEADER_SIZE) {
        this.#begin(decodeHeader(bytes, at));
        at += HEADER_SIZE;
      } else {
        const taken = bytes.copy(
          this.#head,
          this.#headFilled,
          at,
          at + Math.min(HEADER_SIZE - this.#headFilled, bytes.length - at),
        );
        this.#headFilled += taken;
        at += taken;
        if (this.#headFilled === HEADER_SIZE) {
          this.#headFilled = 0;
          this.#begin(decodeHeader(this.#head, 0));
        }
      }
    }
  }

  #begin(header: FrameHeader): void {
    if (header.type === FrameType.Data) {
      this.#payloadStream = header.streamId;
      this.#payloadLeft = header.length;
    }
    this.#sink.header(header);
  }
}

function isFrameType(type: number): type is FrameType {
  return type <= FrameType.GoAway;
}
