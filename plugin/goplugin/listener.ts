import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { CodedError } from '../../crds/errors.ts';
import type { Environment } from './handshake.ts';

/** sockaddr_un.sun_path of Linux holds 108 bytes, the last of them zero. */
const MAX_PATH_BYTES = 107;

/** A listening unix socket; closing the server removes its file. */
export interface PluginListener {
  readonly server: Server;
  readonly path: string;
}

/**
 * Listens on a new unix socket that only this user may open (mode 0600), in `PLUGIN_UNIX_SOCKET_DIR`, else `TMPDIR`,
 * else `/tmp`, as go-plugin's server does. Throws `CONFIG_INVALID` when the path would be too long, and what the
 * system says when it cannot be made.
 */
export async function listen(env: Environment): Promise<PluginListener> {
  const folder = env['PLUGIN_UNIX_SOCKET_DIR'] || env['TMPDIR'] || '/tmp';
  const path = join(folder, `plugin${randomBytes(8).toString('hex')}`);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new CodedError(
      'CONFIG_INVALID',
      `the socket path ${path} has more than ${MAX_PATH_BYTES} bytes: set TMPDIR to a shorter folder`,
    );
  }
  const server = createServer();
  const listening = once(server, 'listening');
  const umask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await listening;
  return { server, path };
}
