import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Logger } from '../logger.ts';
import type { FieldsRead } from './gob/type-registry.ts';
import { type Environment, handshakeLine, refusal } from './handshake.ts';
import { HostConnection } from './host-connection.ts';
import { listen, type PluginListener } from './listener.ts';
import type { MetricProvider } from './metric-provider.ts';
import { pluginService } from './plugin-service.ts';

/** Something that text is written to: a stream of the process. */
export interface Output {
  write(text: string): unknown;
}

/** What the server needs of its process, and whom it serves. */
export interface ServeOptions {
  readonly provider: MetricProvider;
  /** Which fields of its arguments the provider reads, by Go's type names; all when absent. */
  readonly reads?: FieldsRead;
  readonly logger: Logger;
  readonly env: Environment;
  /** Gets the handshake line and nothing else; whatever else is written to it goes to the logger from then on. */
  readonly stdout: Output;
  readonly stderr: Output;
  /** Where SIGINT and SIGTERM are heard: `process`. */
  readonly signals: NodeJS.EventEmitter;
  /** Called when the process is told to go, so that calls in flight can be answered before Quit is. */
  readonly onQuit?: () => void | Promise<void>;
  readonly now?: () => Date;
  /** How long calls in flight may delay the answer to Quit or SIGTERM; default 1000 ms (the host kills after 2 s). */
  readonly quitTimeoutMs?: number;
  /** How long to wait for the host's connection; default 60 s, as the host waits for the handshake. */
  readonly connectTimeoutMs?: number;
}

/** How long the host gets to close the connection after the answer to Quit; it takes 5 ms. */
const GOODBYE_MS = 500;

/**
 * Serves Argo Rollouts' metric plugin protocol on behalf of the process and resolves with the code it has to exit with,
 * at once: 0 after Quit, SIGTERM or a closed connection; 1 when no host started it, when InitPlugin failed, and
 * after an error of protocol or codec, which the host only overcomes with a new process. Never throws.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { env, logger, stderr } = options;
  const refused = refusal(env);
  if (refused !== undefined) {
    stderr.write(refused);
    return 1;
  }
  const stdout = claimStdout(options.stdout, logger);
  const signals = new SignalGuard(options.signals);
  let listener: PluginListener | undefined;
  try {
    listener = await listen(env);
    const connected = once(listener.server, 'connection', {
      signal: AbortSignal.timeout(options.connectTimeoutMs ?? 60_000),
    });
    stdout.write(handshakeLine(listener.path));
    const socket = await Promise.race([connected, signals.terminated]);
    // One host dials once: without the listener no other can, and its file is gone before anything can kill us.
    listener.server.close();
    return socket === undefined ? 0 : await serveHost((socket as [Socket])[0], signals, options);
  } catch (error) {
    logger.error('the plugin could not be served', { error });
    return 1;
  } finally {
    listener?.server.close();
    signals.release();
    stdout.release();
  }
}

/** Serves one connection to its end. */
async function serveHost(socket: Socket, signals: SignalGuard, options: ServeOptions): Promise<number> {
  const { logger, provider, quitTimeoutMs = 1000 } = options;
  const outcome = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<void>();
  let quitting: Promise<void> | undefined;

  const answerInFlight = async () => {
    const deadline = timer(quitTimeoutMs);
    await Promise.race([
      deadline.over,
      (async () => options.onQuit?.())().catch((error) => logger.error('quitting failed', { error })),
    ]);
    await Promise.race([deadline.over, connection.idle()]);
    deadline.clear();
  };
  const quit = () => {
    quitting ??= answerInFlight();
    return quitting;
  };
  const leave = async (code: number) => {
    await connection.flushed();
    outcome.resolve(code);
  };

  const connection = new HostConnection(socket, {
    plugin: pluginService({
      provider,
      logger,
      now: options.now ?? (() => new Date()),
      initFailed: () => void leave(1),
    }),
    ...(options.reads === undefined ? {} : { reads: options.reads }),
    quit,
    quitAnswered: () => {
      const goodbye = timer(GOODBYE_MS);
      void Promise.race([closed.promise, goodbye.over]).then(() => {
        goodbye.clear();
        outcome.resolve(0);
      });
    },
    closed: (error) => {
      closed.resolve();
      if (quitting !== undefined) return outcome.resolve(0);
      if (error !== undefined) logger.error('the connection to the host is lost', { error });
      outcome.resolve(error === undefined ? 0 : 1);
    },
  });
  void signals.terminated.then(quit).then(() => leave(0));

  const code = await outcome.promise;
  socket.destroy();
  return code;
}

/** A timer whose end is a promise. */
function timer(milliseconds: number): { readonly over: Promise<void>; clear(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, milliseconds);
  return { over: promise, clear: () => clearTimeout(handle) };
}

/**
 * Takes stdout away from everyone else: a stray line before the handshake makes the host kill the plugin, and later
 * ones fill a pipe that nobody may be reading. What `console.log` writes becomes a debug line of the logger.
 */
function claimStdout(stdout: Output, logger: Logger): Output & { release(): void } {
  const own = Object.hasOwn(stdout, 'write');
  const write = stdout.write;
  stdout.write = (text: unknown) => {
    logger.debug('written to stdout', { text: String(text) });
    return true;
  };
  return {
    write: (text) => write.call(stdout, text),
    release: () => {
      if (own) stdout.write = write;
      else Reflect.deleteProperty(stdout, 'write');
    },
  };
}

/** SIGINT is not for plugins (a terminal sends it to the whole group; server.go eats it); SIGTERM is heard once. */
class SignalGuard {
  readonly terminated: Promise<undefined>;
  readonly #signals: NodeJS.EventEmitter;
  readonly #ignore = () => {};
  readonly #terminate: () => void;

  constructor(signals: NodeJS.EventEmitter) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.terminated = promise;
    this.#terminate = () => resolve(undefined);
    this.#signals = signals;
    signals.on('SIGINT', this.#ignore);
    signals.on('SIGTERM', this.#terminate);
  }

  release(): void {
    this.#signals.off('SIGINT', this.#ignore);
    this.#signals.off('SIGTERM', this.#terminate);
  }
}
