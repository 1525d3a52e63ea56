import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { BOOL, type GobType, INTERFACE, STRING } from '../../../plugin/goplugin/gob/schema.ts';
import { GobInterface } from '../../../plugin/goplugin/gob/wire.ts';
import { MAGIC_COOKIE } from '../../../plugin/goplugin/handshake.ts';
import { runSession } from '../../../plugin/goplugin/yamux/socket-transport.ts';
import type { YamuxStream } from '../../../plugin/goplugin/yamux/stream.ts';
import { RpcClient } from './rpc-client.ts';

/** How to start the plugin. */
export interface PluginCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the driver's own environment, as Argo Rollouts adds its variables to the controller's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Gets each line of the plugin's stderr. */
  readonly onLog?: (line: string) => void;
}

/** One running plugin, seen from its host. */
export interface PluginProcess {
  readonly pid: number;
  /** True once the process has ended. */
  readonly exited: boolean;
  /** Resolves with the exit code, or the signal's name. */
  readonly exit: Promise<number | string>;
  ping(): Promise<void>;
  /** Calls `Plugin.<method>`; `argument` is undefined for the methods that take none. */
  call(method: string, argument?: { name: string; type: GobType; value: unknown }): Promise<unknown>;
  /** Says Quit as go-plugin's Client.Kill does: 2 s later the process is killed. */
  quit(): Promise<void>;
  /** Ends the process at once, as the kernel does when memory runs out. */
  kill(): Promise<void>;
}

const HANDSHAKE_MS = 60_000;
const KILL_AFTER_MS = 2_000;

/**
 * Starts the plugin and speaks go-plugin's client side with it, as Argo Rollouts' controller does
 * (go-plugin client.go, rpc_client.go, mux_broker.go): handshake, control stream, two silent ones, Dispense, the service.
 */
export async function startPlugin(plugin: PluginCommand): Promise<PluginProcess> {
  const child = spawn(plugin.command, [...plugin.args], {
    env: {
      ...process.env,
      ...plugin.env,
      [MAGIC_COOKIE.key]: MAGIC_COOKIE.value,
      PLUGIN_PROTOCOL_VERSIONS: '1',
      PLUGIN_MIN_PORT: '10000',
      PLUGIN_MAX_PORT: '25000',
    },
    ...(plugin.cwd === undefined ? {} : { cwd: plugin.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const log: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    log.push(line);
    if (log.length > 20) log.shift();
    plugin.onLog?.(line);
  });
  try {
    const socket = connect(await handshake(child, exit, log));
    await once(socket, 'connect');
    return await converse(child, socket, exit);
  } catch (error) {
    child.kill('SIGKILL');
    await exit;
    throw error;
  }
}

/** The path of the socket that the first line of stdout names. */
async function handshake(
  child: ChildProcess,
  exit: Promise<number | string>,
  log: string[],
): Promise<string> {
  if (child.stdout === null) throw new Error('the plugin has no stdout');
  const lines = createInterface(child.stdout);
  const first = once(lines, 'line', { signal: AbortSignal.timeout(HANDSHAKE_MS) }) as Promise<[string]>;
  const ended = exit.then((code): never => {
    throw new Error(`plugin exited before we could connect (${code}): ${log.join('\n')}`);
  });
  const [line] = await Promise.race([first, ended]);
  const [core, app, network, address, protocol] = line.trim().split('|');
  if (core !== '1' || app !== '1' || network !== 'unix' || protocol !== 'netrpc' || address === undefined) {
    throw new Error(`Unrecognized remote plugin message: ${line}`);
  }
  return address;
}

async function converse(
  child: ChildProcess,
  socket: Socket,
  exit: Promise<number | string>,
): Promise<PluginProcess> {
  const clients: RpcClient[] = [];
  const { session } = runSession(socket, 'client', {
    accept: () => ({ data: () => {} }),
    closed: () => {
      for (const client of clients) client.end();
    },
  });
  const control = openRpc((handler) => session.open(handler), clients);
  const silent = [session.open({ data: () => {} }), session.open({ data: () => {} })];
  const id = Number(await control.client.call('Dispenser.Dispense', STRING, 'RpcMetricProviderPlugin'));
  const service = await openBrokered((handler) => session.open(handler), clients, id);
  let over = false;
  void exit.then(() => {
    over = true;
    socket.destroy();
    for (const client of clients) client.end();
  });
  return {
    pid: child.pid ?? 0,
    exit,
    get exited() {
      return over;
    },
    ping: async () => {
      await control.client.call('Control.Ping', BOOL, true);
    },
    call: (method, argument) =>
      service.call(
        `Plugin.${method}`,
        INTERFACE,
        argument === undefined ? null : new GobInterface(argument.name, argument.value, argument.type),
      ),
    quit: async () => {
      await control.client.call('Control.Quit', BOOL, true).catch(() => {});
      for (const stream of [control.stream, ...silent]) stream.end();
      socket.end();
      const killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await exit;
      clearTimeout(killer);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

type Open = (handler: RpcClient | { data(piece: Uint8Array): void; reset?(): void }) => YamuxStream;

function openRpc(open: Open, clients: RpcClient[]): { client: RpcClient; stream: YamuxStream } {
  const client: RpcClient = new RpcClient((bytes) => stream.write(bytes));
  const stream = open(client);
  clients.push(client);
  return { client, stream };
}

/** A stream of the broker: the id goes out in little endian and has to come back before anything else. */
async function openBrokered(open: Open, clients: RpcClient[], id: number): Promise<RpcClient> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const announced = Buffer.alloc(4);
  announced.writeUInt32LE(id);
  const acknowledged = Buffer.alloc(4);
  let filled = 0;
  const client: RpcClient = new RpcClient((bytes) => stream.write(bytes));
  const stream = open({
    data: (piece) => {
      const taken = Math.min(acknowledged.length - filled, piece.length);
      acknowledged.set(piece.subarray(0, taken), filled);
      filled += taken;
      if (filled === acknowledged.length && taken > 0) {
        if (acknowledged.equals(announced)) resolve();
        else reject(new Error(`bad ack: ${acknowledged.readUInt32LE()} (expected ${id})`));
      }
      if (taken < piece.length) client.data(piece.subarray(taken));
    },
    reset: () => {
      reject(new Error('the plugin reset the stream'));
      client.reset();
    },
  });
  clients.push(client);
  stream.write(announced);
  await promise;
  return client;
}
