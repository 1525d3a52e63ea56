import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port of the loopback interface on which nobody listens and which is not among those taken; it is among them afterwards. */
export async function freePort(taken: Set<number> = new Set()): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  if (taken.has(port)) return freePort(taken);
  taken.add(port);
  return port;
}
