import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { isCoded } from '../../../../../crds/errors.ts';
import { Flag, FrameType, INITIAL_WINDOW } from '../../../../../plugin/goplugin/yamux/constants.ts';
import { encodeHeader, FrameDecoder, type FrameHeader } from '../../../../../plugin/goplugin/yamux/frame.ts';
import { YamuxSession } from '../../../../../plugin/goplugin/yamux/session.ts';
import type { YamuxStream } from '../../../../../plugin/goplugin/yamux/stream.ts';

const { Data, WindowUpdate, Ping, GoAway } = FrameType;

/** A server session whose peer is the test: what it sent, in frames, and what its streams received. */
class Plugin {
  readonly sent: FrameHeader[] = [];
  readonly streams = new Map<number, YamuxStream>();
  readonly log: string[] = [];
  received = 0;
  sentPayload = 0;
  closed: { error?: unknown } | undefined;
  readonly session: YamuxSession;

  constructor(onData?: (piece: Uint8Array, stream: YamuxStream) => void) {
    const decoder = new FrameDecoder({
      header: (header) => this.sent.push(header),
      payload: (_, piece) => {
        this.sentPayload += piece.length;
      },
    });
    this.session = new YamuxSession('server', {
      write: (bytes) => decoder.push(bytes),
      closed: (error) => {
        this.closed = { error };
      },
      accept: (stream) => {
        this.streams.set(stream.id, stream);
        return {
          data: (piece) => {
            this.received += piece.length;
            onData?.(piece, stream);
          },
          end: () => this.log.push(`end ${stream.id}`),
          reset: () => this.log.push(`reset ${stream.id}`),
        };
      },
    });
  }

  take(type: FrameType, flags: number, streamId: number, length: number, payload?: Uint8Array): void {
    this.session.receive(encodeHeader({ type, flags, streamId, length }));
    if (payload !== undefined) this.session.receive(payload);
  }

  stream(id: number): YamuxStream {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new Error(`no stream ${id}`);
    return stream;
  }

  expectViolation(message: RegExp): void {
    expect(this.sent.at(-1)).to.deep.equal({ type: GoAway, flags: 0, streamId: 0, length: 1 });
    expect(this.session.closed).to.equal(true);
    expect(this.closed?.error).to.satisfy((e: unknown) => isCoded(e, 'PROTOCOL_VIOLATION'));
    expect(String(this.closed?.error)).to.match(message);
  }
}

describe('a yamux session', () => {
  it('acknowledges every SYN at once, also of streams that stay idle', () => {
    const plugin = new Plugin();
    for (const id of [1, 3, 5, 7]) plugin.take(WindowUpdate, Flag.SYN, id, 0);
    expect(plugin.sent).to.deep.equal(
      [1, 3, 5, 7].map((streamId) => ({ type: WindowUpdate, flags: Flag.ACK, streamId, length: 0 })),
    );
  });

  it('opens a stream by its first Data frame too', () => {
    const plugin = new Plugin();
    plugin.take(Data, Flag.SYN, 1, 3, Buffer.from('abc'));
    expect(plugin.received).to.equal(3);
    expect(plugin.sent).to.deep.equal([{ type: WindowUpdate, flags: Flag.ACK, streamId: 1, length: 0 }]);
  });

  it('answers a ping with its value and ignores an answer it did not ask for', () => {
    const plugin = new Plugin();
    plugin.take(Ping, Flag.SYN, 0, 77);
    plugin.take(Ping, Flag.ACK, 0, 5);
    expect(plugin.sent).to.deep.equal([{ type: Ping, flags: Flag.ACK, streamId: 0, length: 77 }]);
  });

  it('gives the window back in steps of half of it, so that no stream stalls', () => {
    const plugin = new Plugin();
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.sent.length = 0;
    const piece = Buffer.alloc(64 * 1024);
    for (let i = 0; i < 32; i++) plugin.take(Data, 0, 1, piece.length, piece);
    expect(plugin.received).to.equal(2 * 1024 * 1024);
    expect(plugin.sent).to.have.length(16);
    for (const update of plugin.sent) {
      expect(update).to.deep.equal({ type: WindowUpdate, flags: 0, streamId: 1, length: 128 * 1024 });
    }
  });

  it('refuses more data than the window it gave', () => {
    const plugin = new Plugin();
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.take(Data, 0, 1, INITIAL_WINDOW + 1);
    plugin.expectViolation(/receive window exceeded \(remain 262144, received 262145\)/);
  });

  it("queues what exceeds the peer's window and sends it as the window opens", () => {
    const plugin = new Plugin();
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.stream(1).write(Buffer.alloc(900_000));
    plugin.stream(1).end();
    expect(plugin.sentPayload).to.equal(INITIAL_WINDOW);
    plugin.take(WindowUpdate, 0, 1, 100_000);
    expect(plugin.sentPayload).to.equal(INITIAL_WINDOW + 100_000);
    expect(plugin.sent.some((frame) => frame.flags & Flag.FIN)).to.equal(false);
    plugin.take(WindowUpdate, 0, 1, 600_000);
    expect(plugin.sentPayload).to.equal(900_000);
    expect(plugin.sent.at(-1)).to.deep.equal({ type: WindowUpdate, flags: Flag.FIN, streamId: 1, length: 0 });
  });

  it('can still write after the peer half-closed, takes its window updates, and then forgets the stream', () => {
    const plugin = new Plugin();
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.take(Data, Flag.FIN, 1, 2, Buffer.from('hi'));
    expect(plugin.log).to.deep.equal(['end 1']);
    expect(plugin.received).to.equal(2);
    expect(plugin.stream(1).write(Buffer.alloc(INITIAL_WINDOW + 1))).to.equal(true);
    plugin.take(WindowUpdate, 0, 1, 1);
    expect(plugin.sentPayload).to.equal(INITIAL_WINDOW + 1);
    plugin.stream(1).end();
    expect(plugin.session.streamCount).to.equal(0);
    expect(plugin.stream(1).write(Buffer.from('late'))).to.equal(false);
  });

  it('ends a stream only after the last byte of the frame that carries FIN', () => {
    const plugin = new Plugin();
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.take(Data, Flag.FIN, 1, 4, Buffer.from('ab'));
    expect(plugin.log).to.deep.equal([]);
    plugin.session.receive(Buffer.from('cd'));
    expect(plugin.log).to.deep.equal(['end 1']);
    expect(plugin.received).to.equal(4);
  });

  it('drops a stream that the peer resets, discards its later data and keeps the session', () => {
    const plugin = new Plugin();
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.take(WindowUpdate, Flag.RST, 1, 0);
    plugin.take(Data, 0, 1, 3, Buffer.from('abc'));
    plugin.take(Ping, Flag.SYN, 0, 1);
    expect(plugin.log).to.deep.equal(['reset 1']);
    expect(plugin.received).to.equal(0);
    expect(plugin.sent.at(-1)).to.deep.equal({ type: Ping, flags: Flag.ACK, streamId: 0, length: 1 });
  });

  for (const [what, provoke, message] of [
    ['a stream opened twice', (p: Plugin) => p.take(WindowUpdate, Flag.SYN, 1, 0), /opened twice/],
    [
      "a stream with this side's id",
      (p: Plugin) => p.take(WindowUpdate, Flag.SYN, 2, 0),
      /may not use this id/,
    ],
    ['stream 0', (p: Plugin) => p.take(Data, Flag.SYN, 0, 0), /may not use this id/],
    ['GoAway with an error', (p: Plugin) => p.take(GoAway, 0, 0, 2), /GoAway 2/],
    ['another version', (p: Plugin) => p.session.receive(Buffer.alloc(12, 9)), /version 9/],
    [
      'data after FIN',
      (p: Plugin) => {
        p.take(WindowUpdate, Flag.FIN, 1, 0);
        p.take(Data, 0, 1, 1);
      },
      /after FIN/,
    ],
    [
      'a second FIN',
      (p: Plugin) => {
        p.take(WindowUpdate, Flag.FIN, 1, 0);
        p.take(WindowUpdate, Flag.FIN, 1, 0);
      },
      /second FIN/,
    ],
  ] as const) {
    it(`ends with GoAway 1 on ${what}`, () => {
      const plugin = new Plugin();
      plugin.take(WindowUpdate, Flag.SYN, 1, 0);
      provoke(plugin);
      plugin.expectViolation(message);
      expect(plugin.log).to.include('reset 1');
    });
  }

  it('takes GoAway 0 as "no new streams" and serves the open ones', () => {
    const plugin = new Plugin();
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.take(GoAway, 0, 0, 0);
    plugin.take(Data, 0, 1, 1, Buffer.from('x'));
    expect(plugin.received).to.equal(1);
    expect(() => plugin.session.open({ data: () => {} })).to.throw(/no new streams/);
  });

  it('resets streams beyond its limit instead of keeping them', () => {
    const plugin = new Plugin();
    for (let i = 0; i < 257; i++) plugin.take(WindowUpdate, Flag.SYN, 2 * i + 1, 0);
    expect(plugin.session.streamCount).to.equal(256);
    expect(plugin.sent.at(-1)).to.deep.equal({
      type: WindowUpdate,
      flags: Flag.RST,
      streamId: 513,
      length: 0,
    });
  });

  it('ends cleanly between two frames and with an error inside one', () => {
    const clean = new Plugin();
    clean.session.connectionEnded();
    expect(clean.closed).to.deep.equal({ error: undefined });
    const cut = new Plugin();
    cut.session.receive(Buffer.alloc(5));
    cut.session.connectionEnded();
    expect(String(cut.closed?.error)).to.match(/inside a yamux frame/);
  });

  it('says GoAway 2 when a handler fails', () => {
    const plugin = new Plugin(() => {
      throw new Error('broken');
    });
    plugin.take(WindowUpdate, Flag.SYN, 1, 0);
    plugin.take(Data, 0, 1, 1, Buffer.from('x'));
    expect(plugin.sent.at(-1)).to.deep.equal({ type: GoAway, flags: 0, streamId: 0, length: 2 });
    expect(String(plugin.closed?.error)).to.match(/broken/);
  });

  it('carries more than a mebibyte both ways between two sessions over a pipe that cuts anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 4 }),
        (pieceSizes, writeSizes) => {
          const pair = new Pair(pieceSizes);
          const total = 3 * 512 * 1024;
          const sentByClient = randomBytes(total);
          const sentByServer = randomBytes(total);
          const atClient: Uint8Array[] = [];
          const ends: string[] = [];
          const stream = pair.client.open({
            data: (piece) => atClient.push(Buffer.from(piece)),
            end: () => ends.push('client'),
          });
          writeAll(stream, sentByClient, writeSizes);
          pair.run();
          const atServer = pair.accepted[0];
          if (atServer === undefined) throw new Error('no stream arrived');
          writeAll(atServer.stream, sentByServer, writeSizes);
          pair.run();
          expect(Buffer.concat(atServer.pieces).equals(sentByClient)).to.equal(true);
          expect(Buffer.concat(atClient).equals(sentByServer)).to.equal(true);
          expect([...ends, ...atServer.ends]).to.deep.equal(['client', 'server']);
          expect([pair.client.streamCount, pair.server.streamCount]).to.deep.equal([0, 0]);
        },
      ),
      { numRuns: 8 },
    );
  });
});

function writeAll(stream: YamuxStream, bytes: Buffer, sizes: readonly number[]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    stream.write(bytes.subarray(at, at + size));
    at += size;
  }
  stream.end();
}

/** Two sessions back to back; bytes travel in pieces of the given sizes, alternately. */
class Pair {
  readonly accepted: { stream: YamuxStream; pieces: Buffer[]; ends: string[] }[] = [];
  readonly #sizes: readonly number[];
  #toServer: Uint8Array[] = [];
  #toClient: Uint8Array[] = [];
  #turn = 0;
  readonly client: YamuxSession;
  readonly server: YamuxSession;

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
    const closed = (error?: unknown) => {
      throw error ?? new Error('closed');
    };
    this.client = new YamuxSession('client', {
      write: (bytes) => this.#toServer.push(bytes),
      accept: () => ({ data: () => {} }),
      closed,
    });
    this.server = new YamuxSession('server', {
      write: (bytes) => this.#toClient.push(bytes),
      accept: (stream) => {
        const entry = { stream, pieces: [] as Buffer[], ends: [] as string[] };
        this.accepted.push(entry);
        return {
          data: (piece) => entry.pieces.push(Buffer.from(piece)),
          end: () => entry.ends.push('server'),
        };
      },
      closed,
    });
  }

  run(): void {
    while (this.#toServer.length > 0 || this.#toClient.length > 0) {
      const toServer = Buffer.concat(this.#toServer.splice(0));
      this.#deliver(this.server, toServer);
      const toClient = Buffer.concat(this.#toClient.splice(0));
      this.#deliver(this.client, toClient);
    }
  }

  #deliver(session: YamuxSession, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const size = this.#sizes[this.#turn++ % this.#sizes.length] ?? 1;
      session.receive(bytes.subarray(at, at + size));
      at += size;
    }
  }
}
