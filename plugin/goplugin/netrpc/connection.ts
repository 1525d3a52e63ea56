import { GobDecoder, type GobDecoderOptions } from '../gob/decoder.ts';
import { GobEncoder } from '../gob/encoder.ts';
import type { GobType } from '../gob/schema.ts';
import { EMPTY, RESPONSE, type RpcRequest, readRequest } from './messages.ts';

/** One method of a service. */
export interface RpcMethod {
  /** The type of what `handle` answers. */
  readonly reply: GobType;
  /** Answers a call; what it throws becomes that call's error and nothing else. */
  handle(argument: unknown): unknown;
  /** Called when the reply has been written, with what `handle` answered; not after an error. */
  replied?(reply: unknown): void;
}

/** Services by name, methods by name: `Plugin.Run` is method `Run` of service `Plugin`. */
export type RpcServices = ReadonlyMap<string, ReadonlyMap<string, RpcMethod>>;

/** What a connection serves and where its replies go. */
export interface RpcConnectionOptions {
  readonly services: RpcServices;
  /** Receives each reply whole, header and body together. */
  readonly write: (bytes: Uint8Array) => void;
  /**
   * The gob streams of this connection cannot be used any further. The host would not notice by itself: it goes on
   * pinging over another stream and never restarts the plugin, so the process has to end.
   */
  readonly fatal: (error: unknown) => void;
  readonly decoder?: GobDecoderOptions;
}

/**
 * The server side of one net/rpc connection (net/rpc server.go): calls run concurrently and are answered in the order
 * in which they finish.
 */
export class RpcConnection {
  readonly #options: RpcConnectionOptions;
  readonly #decoder: GobDecoder;
  readonly #encoder = new GobEncoder();
  #request: RpcRequest | undefined;
  #inFlight = 0;
  #waiting: (() => void)[] = [];
  #broken = false;

  constructor(options: RpcConnectionOptions) {
    this.#options = options;
    this.#decoder = new GobDecoder((value) => this.#value(value), options.decoder);
  }

  /** Calls that have not been answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when no call is in flight. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes bytes of the caller, cut anywhere. Never throws. */
  receive(chunk: Uint8Array): void {
    if (this.#broken) return;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  #value(value: unknown): void {
    if (this.#request === undefined) {
      this.#request = readRequest(value);
      return;
    }
    const request = this.#request;
    this.#request = undefined;
    this.#inFlight++;
    this.#call(request, value);
  }

  #call(request: RpcRequest, argument: unknown): void {
    let method: RpcMethod;
    let reply: unknown;
    try {
      method = findMethod(this.#options.services, request.method);
      reply = method.handle(argument);
    } catch (error) {
      this.#answerError(request, error);
      return;
    }
    if (reply instanceof Promise) {
      reply.then(
        (settled) => this.#answer(request, method, settled),
        (error) => this.#answerError(request, error),
      );
    } else {
      this.#answer(request, method, reply);
    }
  }

  #answer(request: RpcRequest, method: RpcMethod, reply: unknown): void {
    this.#write(request, '', method.reply, reply);
    if (!this.#broken) method.replied?.(reply);
    this.#done();
  }

  #answerError(request: RpcRequest, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#write(request, message || 'the call failed without a message', EMPTY, {});
    this.#done();
  }

  #write(request: RpcRequest, error: string, type: GobType, body: unknown): void {
    if (this.#broken) return;
    try {
      this.#encoder.append(RESPONSE, { ServiceMethod: request.method, Seq: request.seq, Error: error });
      this.#encoder.append(type, body);
      this.#options.write(this.#encoder.take());
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #done(): void {
    this.#inFlight--;
    if (this.#inFlight > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #fail(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#options.fatal(error);
  }
}

/** The errors are those of server.go, readRequestHeader. */
function findMethod(services: RpcServices, serviceMethod: string): RpcMethod {
  const dot = serviceMethod.lastIndexOf('.');
  if (dot < 0) throw new Error(`rpc: service/method request ill-formed: ${serviceMethod}`);
  const service = services.get(serviceMethod.slice(0, dot));
  if (service === undefined) throw new Error(`rpc: can't find service ${serviceMethod}`);
  const method = service.get(serviceMethod.slice(dot + 1));
  if (method === undefined) throw new Error(`rpc: can't find method ${serviceMethod}`);
  return method;
}
