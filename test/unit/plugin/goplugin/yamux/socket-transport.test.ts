import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { encodeHeader } from '../../../../../plugin/goplugin/yamux/frame.ts';
import type { YamuxSession } from '../../../../../plugin/goplugin/yamux/session.ts';
import { runSession } from '../../../../../plugin/goplugin/yamux/socket-transport.ts';

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')]);
  server.close();
  return [near, far as Socket];
}

function closing(socket: Socket, role: 'client' | 'server') {
  let report: (error: unknown) => void = () => {};
  const closed = new Promise<unknown>((resolve) => {
    report = resolve;
  });
  const echo = runSession(socket, role, {
    accept: (stream) => ({
      data: (piece) => {
        stream.write(Buffer.from(piece));
      },
      end: () => stream.end(),
    }),
    closed: (error) => report(error),
  });
  return { ...echo, closed };
}

describe('a yamux session over a socket', () => {
  let sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
  });

  async function pair(): Promise<{
    client: ReturnType<typeof closing>;
    server: ReturnType<typeof closing>;
    far: Socket;
  }> {
    const [near, far] = await socketPair();
    sockets = [near, far];
    return { client: closing(near, 'client'), server: closing(far, 'server'), far };
  }

  it('echoes more than a window and ends on both sides', async () => {
    const { client } = await pair();
    const sent = Buffer.alloc(1_200_000, 'x');
    const echoed = await new Promise<number>((resolve) => {
      let size = 0;
      const stream = (client.session as YamuxSession).open({
        data: (piece) => {
          size += piece.length;
        },
        end: () => resolve(size),
      });
      stream.write(sent);
      stream.end();
    });
    expect(echoed).to.equal(sent.length);
  });

  it('reports the end of the connection as clean', async () => {
    const { client, server } = await pair();
    sockets[0]?.destroy();
    expect(await client.closed).to.equal(undefined);
    expect(await server.closed).to.equal(undefined);
  });

  it('closes the socket after a violation, once GoAway has left', async () => {
    const [near, far] = await socketPair();
    sockets = [near, far];
    const server = closing(far, 'server');
    const answer: Buffer[] = [];
    near.on('data', (chunk: Buffer) => answer.push(chunk));
    near.write(Buffer.alloc(12, 7));
    await once(near, 'end');
    expect(
      Buffer.concat(answer).equals(encodeHeader({ type: 3, flags: 0, streamId: 0, length: 1 })),
    ).to.equal(true);
    expect(String(await server.closed)).to.match(/version 7/);
  });

  it('says when what was written has left', async () => {
    const { server, client, far } = await pair();
    server.session.open({ data: () => {} });
    await server.flushed();
    expect(far.writableLength).to.equal(0);
    far.destroy();
    await server.flushed();
    await client.closed;
  });
});
