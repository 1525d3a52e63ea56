import { CodedError } from '../../../crds/errors.ts';
import { Flag, FrameType, GoAwayCode, MAX_STREAMS } from './constants.ts';
import { encodeHeader, FrameDecoder, type FrameHeader } from './frame.ts';
import { type StreamHandler, YamuxStream } from './stream.ts';

/** What surrounds a session: where its bytes go and who hears of its life. */
export interface SessionHost {
  /** Sends bytes to the peer, in order; must not throw. */
  write(bytes: Uint8Array): void;
  /** The peer opened a stream; the answer receives its data. */
  accept(stream: YamuxStream): StreamHandler;
  /** The session is over, reported once: without an error when the connection ended between two frames. */
  closed(error?: unknown): void;
}

/**
 * The state of one yamux session, without any socket: bytes in by {@link receive}, bytes out by `host.write`.
 * Each SYN is acknowledged at once, each ping answered; a violation is answered with GoAway and ends the session.
 */
export class YamuxSession {
  readonly #host: SessionHost;
  readonly #isClient: boolean;
  readonly #decoder = new FrameDecoder({
    header: (header) => this.#header(header),
    payload: (id, piece) => this.#streams.get(id)?.dataArrived(piece),
  });
  readonly #streams = new Map<number, YamuxStream>();
  readonly #link = {
    sendFrame: this.#send.bind(this),
    release: (id: number) => {
      this.#streams.delete(id);
    },
  };
  #nextId: number;
  #goAwaySent = false;
  #goAwayReceived = false;
  #closed = false;

  /** "Client side should use odd IDs, server side even" (spec.md). */
  constructor(role: 'client' | 'server', host: SessionHost) {
    this.#host = host;
    this.#isClient = role === 'client';
    this.#nextId = this.#isClient ? 1 : 2;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Streams that are open in at least one direction. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** Opens a stream to the peer. Throws `PROTOCOL_VIOLATION` when the session is over or the peer said GoAway. */
  open(handler: StreamHandler): YamuxStream {
    if (this.#closed || this.#goAwayReceived) {
      throw new CodedError('PROTOCOL_VIOLATION', 'yamux session takes no new streams: it is closing');
    }
    const stream = new YamuxStream(this.#nextId, this.#link);
    this.#nextId += 2;
    stream.attach(handler);
    this.#streams.set(stream.id, stream);
    this.#send(FrameType.WindowUpdate, Flag.SYN, stream.id, 0);
    return stream;
  }

  /** Takes bytes of the peer, cut anywhere. What a stream's handler throws ends the session too. */
  receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The connection ended, or failed with `cause`: every stream is gone. An end inside a frame is an error too. */
  connectionEnded(cause?: unknown): void {
    if (this.#closed) return;
    const cut = this.#decoder.partial
      ? new CodedError('PROTOCOL_VIOLATION', 'the connection ended inside a yamux frame')
      : undefined;
    this.#finish(cause ?? cut);
  }

  /** Tells the peer that no further streams are taken. */
  goAway(code: GoAwayCode = GoAwayCode.Normal): void {
    if (this.#closed || this.#goAwaySent) return;
    this.#goAwaySent = true;
    this.#send(FrameType.GoAway, 0, 0, code);
  }

  #header({ type, flags, streamId, length }: FrameHeader): void {
    switch (type) {
      case FrameType.Ping:
        if (flags & Flag.SYN) this.#send(FrameType.Ping, Flag.ACK, 0, length);
        return;
      case FrameType.GoAway:
        if (length !== GoAwayCode.Normal) {
          throw new CodedError(
            'PROTOCOL_VIOLATION',
            `the peer ended the yamux session with GoAway ${length}`,
          );
        }
        this.#goAwayReceived = true;
        return;
      case FrameType.Data:
      case FrameType.WindowUpdate:
        this.#streamFrame(type, flags, streamId, length);
    }
  }

  #streamFrame(type: FrameType, flags: number, id: number, length: number): void {
    if (flags & Flag.SYN) this.#accept(id);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (flags & Flag.RST) {
      stream.drop();
      return;
    }
    const fin = (flags & Flag.FIN) !== 0;
    if (type === FrameType.Data) {
      stream.dataAnnounced(length, fin);
    } else {
      if (length > 0) stream.windowOpened(length);
      if (fin) stream.finArrived();
    }
  }

  #accept(id: number): void {
    const fromClient = id % 2 === 1;
    if (id === 0 || fromClient === this.#isClient) {
      throw new CodedError(
        'PROTOCOL_VIOLATION',
        `yamux stream ${id} opened by the side that may not use this id`,
      );
    }
    if (this.#streams.has(id)) {
      throw new CodedError('PROTOCOL_VIOLATION', `yamux stream ${id} opened twice`);
    }
    if (this.#goAwaySent || this.#streams.size >= MAX_STREAMS) {
      this.#send(FrameType.WindowUpdate, Flag.RST, id, 0);
      return;
    }
    const stream = new YamuxStream(id, this.#link);
    this.#streams.set(id, stream);
    this.#send(FrameType.WindowUpdate, Flag.ACK, id, 0);
    stream.attach(this.#host.accept(stream));
  }

  #send(type: FrameType, flags: number, streamId: number, length: number, payload?: Uint8Array): void {
    if (this.#closed) return;
    this.#host.write(encodeHeader({ type, flags, streamId, length }));
    if (payload !== undefined) this.#host.write(payload);
  }

  #fail(error: unknown): void {
    const violation = error instanceof CodedError && error.code === 'PROTOCOL_VIOLATION';
    this.goAway(violation ? GoAwayCode.ProtocolError : GoAwayCode.InternalError);
    this.#finish(error);
  }

  #finish(error: unknown): void {
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.drop();
    this.#host.closed(error);
  }
}
