import { CodedError } from '../../../crds/errors.ts';
import { Flag, FrameType, INITIAL_WINDOW, WINDOW_UPDATE_THRESHOLD } from './constants.ts';

/** Who receives what a stream's other side sends. */
export interface StreamHandler {
  /** The next bytes; they count as consumed when the call returns. The view is not valid afterwards. */
  data(piece: Uint8Array): void;
  /** The other side will send nothing more (FIN); this side may go on writing. */
  end?(): void;
  /** The stream is gone: reset by either side or its session has closed. */
  reset?(): void;
}

/** What a stream needs of its session. */
export interface StreamLink {
  sendFrame(type: FrameType, flags: number, streamId: number, length: number, payload?: Uint8Array): void;
  /** Both directions are closed: forget the stream. */
  release(streamId: number): void;
}

/**
 * One yamux stream: flow control and half-close, no bytes of the wire format.
 * Writes beyond the peer's window wait in a queue and follow as it opens.
 */
export class YamuxStream {
  readonly id: number;
  readonly #link: StreamLink;
  #handler: StreamHandler = { data: () => {} };
  #sendWindow = INITIAL_WINDOW;
  #recvWindow = INITIAL_WINDOW;
  #consumed = 0;
  #announced = 0;
  #finAnnounced = false;
  #queue: Uint8Array[] = [];
  #queueHead = 0;
  #queuedBytes = 0;
  #ending = false;
  #finSent = false;
  #finReceived = false;
  #gone = false;

  constructor(id: number, link: StreamLink) {
    this.id = id;
    this.#link = link;
  }

  /** Names who gets the data; called once, before the first byte can arrive. */
  attach(handler: StreamHandler): void {
    this.#handler = handler;
  }

  /** Bytes accepted by {@link write} that wait for the peer's window. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Sends bytes in order, as far as the peer's window reaches; false when the stream no longer carries any. */
  write(bytes: Uint8Array): boolean {
    if (this.#gone || this.#ending) return false;
    if (bytes.length > 0) {
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
      this.#flush();
    }
    return true;
  }

  /** Half-close: FIN follows once everything written has been sent. */
  end(): void {
    if (this.#gone || this.#ending) return;
    this.#ending = true;
    this.#flush();
  }

  /** Drops the stream at once and tells the peer. */
  reset(): void {
    if (this.#gone) return;
    this.#link.sendFrame(FrameType.WindowUpdate, Flag.RST, this.id, 0);
    this.drop();
  }

  /** Drops the stream without a word to the peer: it said RST, or the session is over. */
  drop(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#queue = [];
    this.#queueHead = 0;
    this.#queuedBytes = 0;
    this.#link.release(this.id);
    this.#handler.reset?.();
  }

  /** The peer granted `delta` further bytes. */
  windowOpened(delta: number): void {
    this.#sendWindow += delta;
    this.#flush();
  }

  /**
   * A Data frame of `length` bytes begins; with `fin` the peer half-closes after its last byte.
   * Throws `PROTOCOL_VIOLATION` when that is more than this side granted (stream.go, ErrRecvWindowExceeded),
   * or when the peer had said FIN.
   */
  dataAnnounced(length: number, fin: boolean): void {
    if (length > 0 && this.#finReceived) {
      throw new CodedError(
        'PROTOCOL_VIOLATION',
        `yamux stream ${this.id}: ${length} bytes of data after FIN`,
      );
    }
    if (length > this.#recvWindow) {
      throw new CodedError(
        'PROTOCOL_VIOLATION',
        `yamux stream ${this.id}: receive window exceeded (remain ${this.#recvWindow}, received ${length})`,
      );
    }
    this.#recvWindow -= length;
    this.#announced = length;
    this.#finAnnounced = fin;
    if (length === 0 && fin) this.finArrived();
  }

  /** Bytes of the announced frame; gives them back to the peer in steps of half a window. */
  dataArrived(piece: Uint8Array): void {
    if (this.#gone) return;
    this.#announced -= piece.length;
    this.#consumed += piece.length;
    this.#handler.data(piece);
    if (this.#announced === 0 && this.#finAnnounced) this.finArrived();
    if (this.#consumed >= WINDOW_UPDATE_THRESHOLD && !this.#gone && !this.#finReceived) {
      const delta = this.#consumed;
      this.#consumed = 0;
      this.#recvWindow += delta;
      this.#link.sendFrame(FrameType.WindowUpdate, 0, this.id, delta);
    }
  }

  /** The peer half-closed. Throws `PROTOCOL_VIOLATION` for a second FIN (session.go, ErrUnexpectedFlag). */
  finArrived(): void {
    if (this.#finReceived) {
      throw new CodedError('PROTOCOL_VIOLATION', `yamux stream ${this.id}: second FIN`);
    }
    this.#finReceived = true;
    this.#handler.end?.();
    this.#releaseWhenClosed();
  }

  #flush(): void {
    while (this.#queueHead < this.#queue.length && this.#sendWindow > 0) {
      const next = this.#queue[this.#queueHead] as Uint8Array;
      const sent = Math.min(next.length, this.#sendWindow);
      this.#sendWindow -= sent;
      this.#queuedBytes -= sent;
      if (sent === next.length) this.#queueHead++;
      else this.#queue[this.#queueHead] = next.subarray(sent);
      this.#link.sendFrame(
        FrameType.Data,
        0,
        this.id,
        sent,
        sent === next.length ? next : next.subarray(0, sent),
      );
    }
    if (this.#queueHead === this.#queue.length) {
      this.#queue = [];
      this.#queueHead = 0;
      if (this.#ending && !this.#finSent) {
        this.#finSent = true;
        this.#link.sendFrame(FrameType.WindowUpdate, Flag.FIN, this.id, 0);
        this.#releaseWhenClosed();
      }
    }
  }

  #releaseWhenClosed(): void {
    if (this.#finSent && this.#finReceived && !this.#gone) {
      this.#gone = true;
      this.#link.release(this.id);
    }
  }
}
