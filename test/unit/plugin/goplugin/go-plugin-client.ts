import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GobDecoder } from '../../../../plugin/goplugin/gob/decoder.ts';
import { GobEncoder } from '../../../../plugin/goplugin/gob/encoder.ts';
import { BOOL, type GobType, INTERFACE, STRING } from '../../../../plugin/goplugin/gob/schema.ts';
import { GoTime } from '../../../../plugin/goplugin/gob/time.ts';
import { GobInterface } from '../../../../plugin/goplugin/gob/wire.ts';
import { REQUEST } from '../../../../plugin/goplugin/netrpc/messages.ts';
import type { YamuxSession } from '../../../../plugin/goplugin/yamux/session.ts';
import { runSession } from '../../../../plugin/goplugin/yamux/socket-transport.ts';
import type { YamuxStream } from '../../../../plugin/goplugin/yamux/stream.ts';

/** The client side of one net/rpc connection: what `net/rpc.Client` is to Argo. */
export class RpcClient {
  readonly #encoder = new GobEncoder();
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly #write: (bytes: Uint8Array) => void;
  readonly #decoder: GobDecoder;
  #header: { readonly Seq?: number; readonly Error?: string } | undefined;
  #seq = 0;
  /** Service methods in the order in which their replies came. */
  readonly answered: string[] = [];

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
    this.#decoder = new GobDecoder((value) => this.#value(value), { opaque: (bytes) => new GoTime(bytes) });
  }

  /** Sends a call and resolves with its reply; rejects with the server's error or when the stream is gone. */
  call(method: string, type: GobType, argument: unknown): Promise<unknown> {
    const seq = this.#seq++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(seq, { resolve, reject });
    this.#encoder.append(REQUEST, { ServiceMethod: method, Seq: seq });
    this.#encoder.append(type, argument);
    this.#write(this.#encoder.take());
    return promise;
  }

  receive(piece: Uint8Array): void {
    this.#decoder.push(piece);
  }

  lost(): void {
    for (const { reject } of this.#pending.values()) reject(new Error('connection is shut down'));
    this.#pending.clear();
  }

  #value(value: unknown): void {
    if (this.#header === undefined) {
      this.#header = value as { readonly Seq?: number; readonly Error?: string };
      this.answered.push((value as { readonly ServiceMethod: string }).ServiceMethod);
      return;
    }
    const { Seq = 0, Error: message } = this.#header;
    this.#header = undefined;
    const call = this.#pending.get(Seq);
    if (call === undefined) throw new Error(`a reply to call ${Seq}, which waits for none`);
    this.#pending.delete(Seq);
    if (message) call.reject(new Error(message));
    else call.resolve(value);
  }
}

/** A go-plugin host as hashicorp/go-plugin is one: connects, opens its three streams, dispenses and calls. */
export class GoPluginClient {
  readonly control: RpcClient;
  readonly socket: Socket;
  readonly session: YamuxSession;
  /** Settles when the session is over. */
  readonly closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.socket = socket;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.closed = promise;
    this.session = runSession(socket, 'client', {
      accept: () => {
        throw new Error('a plugin opens no streams');
      },
      closed: resolve,
    }).session;
    this.control = this.#openRpc();
    for (let i = 0; i < 2; i++) this.session.open({ data: () => {} });
  }

  /** Connects to the address of a handshake line. */
  static async connect(handshake: string): Promise<GoPluginClient> {
    const socket = connect(handshake.split('|')[3] ?? '');
    await once(socket, 'connect');
    return new GoPluginClient(socket);
  }

  ping(): Promise<unknown> {
    return this.control.call('Control.Ping', BOOL, true);
  }

  quit(): Promise<unknown> {
    return this.control.call('Control.Quit', BOOL, true);
  }

  /** Dispenses the metric plugin and opens its connection through the broker. */
  async dispense(name = 'RpcMetricProviderPlugin'): Promise<RpcClient> {
    const id = await this.control.call('Dispenser.Dispense', STRING, name);
    return await this.broker(Number(id));
  }

  /** Opens a stream with the broker's id and resolves when that came back; rejects when the stream is reset. */
  broker(id: number): Promise<RpcClient> {
    const expected = Buffer.alloc(4);
    expected.writeUInt32LE(id);
    return new Promise((resolve, reject) => {
      let acknowledged = Buffer.alloc(0);
      let stream: YamuxStream | undefined;
      const client = new RpcClient((bytes) => stream?.write(bytes));
      stream = this.session.open({
        data: (piece) => {
          if (acknowledged.length === 4) {
            client.receive(piece);
            return;
          }
          acknowledged = Buffer.concat([acknowledged, piece.subarray(0, 4 - acknowledged.length)]);
          if (acknowledged.length < 4) return;
          if (acknowledged.equals(expected)) resolve(client);
          else reject(new Error('bad ack'));
        },
        reset: () => {
          client.lost();
          reject(new Error('the stream was reset'));
        },
      });
      stream.write(expected);
    });
  }

  /** As go-plugin's Kill: Quit, then the end of the connection. */
  async kill(): Promise<void> {
    await this.quit();
    this.socket.end();
    await this.closed;
  }

  #openRpc(): RpcClient {
    let stream: YamuxStream | undefined;
    const client = new RpcClient((bytes) => stream?.write(bytes));
    stream = this.session.open({ data: (piece) => client.receive(piece), reset: () => client.lost() });
    return client;
  }
}

/** The argument of a method of the service `Plugin`: an interface, or the nil interface. */
export function call(
  client: RpcClient,
  method: string,
  argument: GobInterface<GobType> | null,
): Promise<unknown> {
  return client.call(`Plugin.${method}`, INTERFACE, argument);
}

/** An interface that holds a value under its registered name. */
export function registered(name: string, type: GobType, value: unknown): GobInterface<GobType> {
  return new GobInterface(name, value, type);
}
