import type { Socket } from 'node:net';
import { UINT } from './gob/schema.ts';
import { GoTime } from './gob/time.ts';
import type { FieldsRead } from './gob/type-registry.ts';
import { RpcConnection, type RpcMethod, type RpcServices } from './netrpc/connection.ts';
import { EMPTY } from './netrpc/messages.ts';
import { runSession, type SocketSession } from './yamux/socket-transport.ts';
import type { StreamHandler, YamuxStream } from './yamux/stream.ts';

/** The only plugin that Argo's metric host dispenses (metricproviders/plugin/client). */
const PLUGIN_NAME = 'RpcMetricProviderPlugin';

/** What the host's connection is served with. */
export interface HostConnectionOptions {
  /** The methods of the dispensed service `Plugin`. */
  readonly plugin: ReadonlyMap<string, RpcMethod>;
  /** Which fields of their arguments those read; all when absent. */
  readonly reads?: FieldsRead;
  /** The host says Quit; its call is answered when this resolves. */
  readonly quit: () => Promise<void>;
  /** The answer to Quit has been written. */
  readonly quitAnswered: () => void;
  /** The connection is over, reported once: with an error after a violation of a protocol or a codec failure. */
  readonly closed: (error?: unknown) => void;
}

/**
 * One connection of a go-plugin host: a yamux session whose first stream is the control channel, the next two stand
 * for stdout and stderr and stay silent, and each later one is a net/rpc connection that Dispense announced
 * (go-plugin rpc_server.go, mux_broker.go).
 */
export class HostConnection {
  readonly #options: HostConnectionOptions;
  readonly #reads: { readonly reads?: FieldsRead };
  readonly #transport: SocketSession;
  readonly #plugins: RpcConnection[] = [];
  readonly #dispensed = new Set<number>();
  #nextId = 1;
  #streams = 0;
  #closed = false;

  constructor(socket: Socket, options: HostConnectionOptions) {
    this.#options = options;
    this.#reads = options.reads === undefined ? {} : { reads: options.reads };
    this.#transport = runSession(socket, 'server', {
      accept: (stream) => this.#accept(stream),
      closed: (error) => this.#close(error),
    });
  }

  /** Resolves when no call of the plugin's service waits for its answer. */
  async idle(): Promise<void> {
    await Promise.all(this.#plugins.map((plugin) => plugin.idle()));
  }

  /** Resolves when everything written so far has left the process, or cannot leave it any more. */
  flushed(): Promise<void> {
    return this.#transport.flushed();
  }

  #accept(stream: YamuxStream): StreamHandler {
    this.#streams++;
    if (this.#streams === 1) return this.#rpc(stream, this.#controlServices());
    if (this.#streams <= 3) return { data: () => {}, end: () => stream.end() };
    return this.#brokered(stream);
  }

  /** A stream of the broker begins with a dispensed id, little endian, which is written back as the acknowledgement. */
  #brokered(stream: YamuxStream): StreamHandler {
    const id = Buffer.alloc(4);
    let filled = 0;
    let handler: StreamHandler | undefined;
    return {
      data: (piece) => {
        if (handler === undefined) {
          const taken = Math.min(id.length - filled, piece.length);
          id.set(piece.subarray(0, taken), filled);
          filled += taken;
          if (filled < id.length) return;
          if (!this.#dispensed.delete(id.readUInt32LE())) {
            stream.reset();
            return;
          }
          stream.write(id);
          handler = this.#rpc(stream, new Map([['Plugin', this.#options.plugin]]), this.#plugins);
          if (taken < piece.length) handler.data(piece.subarray(taken));
          return;
        }
        handler.data(piece);
      },
      end: () => (handler?.end === undefined ? stream.end() : handler.end()),
    };
  }

  #rpc(stream: YamuxStream, services: RpcServices, register: RpcConnection[] = []): StreamHandler {
    const connection = new RpcConnection({
      services,
      write: (bytes) => stream.write(bytes),
      fatal: (error) => this.#close(error),
      decoder: { opaque: (bytes) => new GoTime(bytes), ...this.#reads },
    });
    register.push(connection);
    return {
      data: (piece) => connection.receive(piece),
      end: () => {
        void connection.idle().then(() => stream.end());
      },
    };
  }

  #controlServices(): RpcServices {
    return new Map([
      [
        'Control',
        new Map<string, RpcMethod>([
          ['Ping', { reply: EMPTY, handle: () => ({}) }],
          [
            'Quit',
            {
              reply: EMPTY,
              handle: async () => {
                await this.#options.quit();
                return {};
              },
              replied: () => this.#options.quitAnswered(),
            },
          ],
        ]),
      ],
      [
        'Dispenser',
        new Map<string, RpcMethod>([['Dispense', { reply: UINT, handle: (name) => this.#dispense(name) }]]),
      ],
    ]);
  }

  #dispense(name: unknown): number {
    if (name !== PLUGIN_NAME) throw new Error(`unknown plugin type: ${name}`);
    const id = this.#nextId++;
    this.#dispensed.add(id);
    return id;
  }

  #close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.closed(error);
  }
}
