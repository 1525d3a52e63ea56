/** The only version of the protocol. Source of every constant here: hashicorp/yamux spec.md and const.go. */
export const PROTOCOL_VERSION = 0;

/** "The header is 12 bytes": version 8 bits, type 8, flags 16, stream id 32, length 32, all big endian. */
export const HEADER_SIZE = 12;

/** The frame types of spec.md, "Type Field". */
export const FrameType = {
  /** "Used to transmit data. May transmit zero length payloads depending on the flags." Length is the payload's. */
  Data: 0,
  /** "Used to updated the senders receive window size." Length is the delta. */
  WindowUpdate: 1,
  /** "Used to measure RTT. It can also be used to heart-beat." Stream id 0; length is an opaque value to echo. */
  Ping: 2,
  /** "Used to close a session." Stream id 0; length is a {@link GoAwayCode}. */
  GoAway: 3,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** The flags of spec.md, "Flag Field". */
export const Flag = {
  /** "Signals the start of a new stream. May be sent with a data or window update message. Also sent with a ping." */
  SYN: 1,
  /** "Acknowledges the start of a new stream. [...] Also sent with a ping to indicate response." */
  ACK: 2,
  /** "Performs a half-close of a stream." */
  FIN: 4,
  /** "Reset a stream immediately." */
  RST: 8,
} as const;

/** The reasons of spec.md, "Go Away": normal termination, protocol error, internal error. */
export const GoAwayCode = { Normal: 0, ProtocolError: 1, InternalError: 2 } as const;
export type GoAwayCode = (typeof GoAwayCode)[keyof typeof GoAwayCode];

/** "Both sides assume a 256KB window" in bytes, for each stream and direction. */
export const INITIAL_WINDOW = 256 * 1024;

/** A WindowUpdate is due once this many bytes can be given back (stream.go, sendWindowUpdate: half the window). */
export const WINDOW_UPDATE_THRESHOLD = INITIAL_WINDOW / 2;

/** Streams that may be open at once before further ones are reset (mux.go, AcceptBacklog). */
export const MAX_STREAMS = 256;
