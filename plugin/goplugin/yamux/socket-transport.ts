import type { Socket } from 'node:net';
import { type SessionHost, YamuxSession } from './session.ts';

/** A session that runs over a socket. */
export interface SocketSession {
  readonly session: YamuxSession;
  /** Resolves when everything written so far has been handed to the kernel, or the socket is gone. */
  flushed(): Promise<void>;
}

/**
 * Runs a yamux session over a connected socket: what one turn of the event loop writes leaves in one system call.
 * A reset or broken pipe is the end of the connection, not an error: the host closes its side without reading on.
 */
export function runSession(
  socket: Socket,
  role: 'client' | 'server',
  host: Pick<SessionHost, 'accept' | 'closed'>,
): SocketSession {
  let corked = false;
  const uncork = () => {
    corked = false;
    socket.uncork();
  };
  const session = new YamuxSession(role, {
    accept: (stream) => host.accept(stream),
    closed: (error) => {
      if (error === undefined) socket.destroy();
      else socket.end(() => socket.destroy());
      host.closed(error);
    },
    write: (bytes) => {
      if (socket.destroyed || socket.writableEnded) return;
      if (!corked) {
        corked = true;
        socket.cork();
        setImmediate(uncork);
      }
      socket.write(bytes);
    },
  });
  socket.on('data', (chunk: Buffer) => session.receive(chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const gone = error.code === 'EPIPE' || error.code === 'ECONNRESET';
    session.connectionEnded(gone ? undefined : error);
  });
  socket.on('close', () => session.connectionEnded());
  socket.on('end', () => session.connectionEnded());
  return {
    session,
    flushed: () =>
      new Promise((resolve) => {
        if (socket.destroyed || socket.writableEnded) return resolve();
        socket.once('close', () => resolve());
        socket.write('', () => resolve());
      }),
  };
}
