import { GobDecoder } from '../../../plugin/goplugin/gob/decoder.ts';
import { GobEncoder } from '../../../plugin/goplugin/gob/encoder.ts';
import type { GobType } from '../../../plugin/goplugin/gob/schema.ts';
import { GoTime } from '../../../plugin/goplugin/gob/time.ts';
import { REQUEST } from '../../../plugin/goplugin/netrpc/messages.ts';
import type { StreamHandler } from '../../../plugin/goplugin/yamux/stream.ts';

interface Response {
  readonly Seq?: number;
  readonly Error?: string;
}

interface Pending {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The client side of one net/rpc connection (net/rpc client.go): calls run at once and are answered in any order. */
export class RpcClient implements StreamHandler {
  readonly #encoder = new GobEncoder();
  readonly #decoder = new GobDecoder((value) => this.#value(value), { opaque: (bytes) => new GoTime(bytes) });
  readonly #write: (bytes: Uint8Array) => void;
  readonly #pending = new Map<number, Pending>();
  #response: Response | undefined;
  #seq = 0;
  #over: Error | undefined;

  /** @param write sends the bytes of one request. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Calls a method. Rejects with the method's own error, or as Go's client does when the connection has ended. */
  call(method: string, type: GobType, argument: unknown): Promise<unknown> {
    if (this.#over !== undefined) return Promise.reject(new Error('connection is shut down'));
    const seq = this.#seq++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(seq, { method, resolve, reject });
    this.#encoder.append(REQUEST, { ServiceMethod: method, Seq: seq });
    this.#encoder.append(type, argument);
    this.#write(this.#encoder.take());
    return promise;
  }

  data(piece: Uint8Array): void {
    try {
      this.#decoder.push(piece);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The other side is gone: whoever waits is told. */
  end(error = new Error('unexpected EOF')): void {
    this.#over ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  reset(): void {
    this.end();
  }

  #value(value: unknown): void {
    if (this.#response === undefined) {
      this.#response = value as Response;
      return;
    }
    const { Seq = 0, Error: message = '' } = this.#response;
    this.#response = undefined;
    const pending = this.#pending.get(Seq);
    this.#pending.delete(Seq);
    if (message === '') pending?.resolve(value);
    else pending?.reject(new Error(message));
  }
}
