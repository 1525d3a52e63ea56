import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ServingCertificate } from '../certificate.ts';
import type { HttpCall } from './http-call.ts';

/** An HTTP(S) server on 127.0.0.1 that can be closed and opened again on the port it had. */
export class HttpListener {
  readonly #server: Server;
  readonly #scheme: string;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(
    certificate: ServingCertificate | undefined,
    serve: (call: Omit<HttpCall, 'user'>) => Promise<void>,
  ) {
    const listen: RequestListener = (request, response) => {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      response.on('error', () => {});
      const url = new URL(request.url ?? '/', this.url);
      void serve({ method: request.method ?? 'GET', url, request, response, signal: gone.signal });
    };
    this.#server =
      certificate === undefined ? createHttpServer(listen) : createHttpsServer({ ...certificate }, listen);
    this.#scheme = certificate === undefined ? 'http' : 'https';
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
    this.#server.on('tlsClientError', () => {});
  }

  /** Valid once open. */
  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens: on a free port the first time, on the same one ever after. */
  async open(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(this.#port, '127.0.0.1', resolve);
    await promise;
    this.#server.off('error', reject);
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and drops every connection; nothing happens when it is closed already. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }
}
